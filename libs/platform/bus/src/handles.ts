import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { Call, FrameOf, Operation, ReplyOf, RequestOf, Stream } from '@flowkeep/contracts';
import type { OperationContext } from './bus.ts';

/** What a method that answers `Op` looks like. */
export type HandlerOf<Op extends Operation> = Op extends Call
  ? (request: RequestOf<Op>, context: OperationContext<Op>) => Promise<ReplyOf<Op>>
  : Op extends Stream
    ? (request: RequestOf<Op>, context: OperationContext<Op>) => AsyncIterable<FrameOf<Op>>
    : never;

/**
 * Makes a controller method answer an operation. A method that does not fit the operation does not compile.
 *
 * @example
 * @Handles(whoami)
 * whoami(_request: RequestOf<typeof whoami>, { caller }: OperationContext<typeof whoami>) { … }
 */
export function Handles<Op extends Operation>(operation: Op) {
  return <Method extends HandlerOf<Op>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    MessagePattern(operation.name)(target, key, descriptor);
  };
}
