import { type HandlerOf, Handles } from '@flowkeep/bus';
import { type DataServiceName, type Operation, operationsOf } from '@flowkeep/contracts';
import { Controller, type DynamicModule, Module } from '@nestjs/common';

type Handler = (request: never, context: never) => unknown;

/** What a service under test answers, by operation; what is not here fails loudly. */
export class Answers {
  readonly handlers = new Map<string, Handler>();

  on<Op extends Operation>(operation: Op, handler: HandlerOf<Op>): this {
    this.handlers.set(operation.name, handler);
    return this;
  }
}

/** A module whose one controller answers every operation of a service. */
export function moduleOf(service: DataServiceName, answers: Answers): DynamicModule {
  class StandController {}
  for (const operation of operationsOf(service)) {
    const { name } = operation;
    const value = (request: never, context: never) => {
      const handler = answers.handlers.get(name);
      if (handler === undefined) throw new Error(`the test does not answer ${name}`);
      return handler(request, context);
    };
    const descriptor = { value, writable: true, enumerable: false, configurable: true };
    Object.defineProperty(StandController.prototype, name, descriptor);
    Handles(operation)(StandController.prototype, name, descriptor as TypedPropertyDescriptor<never>);
  }
  Controller()(StandController);
  class StandModule {}
  Module({})(StandModule);
  return { module: StandModule, controllers: [StandController] };
}
