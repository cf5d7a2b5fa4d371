import { Controller, Inject, Injectable, type Type } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { type NativeRoute, type NativeRouteName, nativeRoutes as declared, type Operation } from '@flowkeep/contracts';
import { Facts } from '../../auth/facts.ts';
import { applyOwnChange } from '../../auth/own-changes.ts';
import { Context, Input } from '../../routing/input.ts';
import { Serves } from '../../routing/serves.ts';
import { eventStream } from './event-stream.ts';
import { nativeRoutes } from './routes.ts';

interface Parts {
  readonly params?: object;
  readonly query?: object;
  readonly body?: object;
}

/** Asks the operation behind a native route. */
@Injectable()
class NativeOperations {
  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Facts) private readonly facts: Facts,
  ) {}

  async ask(operation: Operation, { params, query, body }: Parts, context: CallContext): Promise<unknown> {
    const request = { ...body, ...query, ...params };
    if (operation.kind === 'stream') return eventStream(this.bus.stream(operation, request, context));
    const reply = await this.bus.call(operation, request, context);
    applyOwnChange(this.facts, operation.name, reply);
    return reply;
  }
}

/** A controller with one handler for every native route that is an operation. */
function controllerOf(routes: readonly (readonly [NativeRouteName, Operation])[]): Type {
  @Controller()
  class NativeController extends NativeOperations {}
  for (const [name, operation] of routes) {
    const { prototype } = NativeController;
    const descriptor: PropertyDescriptor = {
      value(this: NativeController, input: Parts, context: CallContext) {
        return this.ask(operation, input, context);
      },
    };
    Object.defineProperty(prototype, name, descriptor);
    Input()(prototype, name, 0);
    Context()(prototype, name, 1);
    Serves(nativeRoutes[name])(prototype, name, descriptor);
  }
  return NativeController;
}

const asked = Object.entries(declared as Record<string, NativeRoute>).flatMap(([name, { operation }]) =>
  operation === null ? [] : [[name as NativeRouteName, operation] as const],
);

export const NativeController = controllerOf(asked);
