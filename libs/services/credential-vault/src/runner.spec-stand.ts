import { Controller, type DynamicModule } from '@nestjs/common';
import { type Bus, Handles, type OperationContext, serve } from '@flowkeep/bus';
import { operationsOf, type ReplyOf, type RequestOf, variableUse } from '@flowkeep/contracts';

type Answer = (
  request: RequestOf<typeof variableUse>,
  context: OperationContext<typeof variableUse>,
) => ReplyOf<typeof variableUse>;

/** Flow-runner as the vault sees it: says what variables are used by, and nothing else. */
export async function serveRunner(bus: Bus, answer: Answer) {
  class StubRunner {}
  for (const operation of operationsOf('runner')) {
    const value = (...asked: Parameters<Answer>) => {
      if (operation.name !== variableUse.name) throw new Error(`the vault does not ask ${operation.name}`);
      return Promise.resolve(answer(...asked));
    };
    const descriptor = { value, writable: true, enumerable: false, configurable: true };
    Object.defineProperty(StubRunner.prototype, operation.name, descriptor);
    Handles(operation)(StubRunner.prototype, operation.name, descriptor as TypedPropertyDescriptor<never>);
  }
  Controller()(StubRunner);
  const module: DynamicModule = { module: class StubModule {}, controllers: [StubRunner] };
  return serve(module, bus);
}
