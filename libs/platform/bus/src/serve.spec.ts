import { expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import {
  identityHealth,
  keysHealth,
  listKeys,
  operationsOf,
  type ReplyOf,
  type RequestOf,
  runStream,
  vaultHealth,
  whoami,
} from '@flowkeep/contracts';
import { Answers, moduleOf } from '@flowkeep/testing';
import type { Bus, OperationContext } from './bus.ts';
import { openStand } from './bus.spec-stand.ts';
import { Handles } from './handles.ts';
import { serve } from './serve.ts';

it('does not start while an operation has no handler, or a handler no operation', async () => {
  @Controller()
  class VaultController {
    @Handles(vaultHealth)
    health(): Promise<ReplyOf<typeof vaultHealth>> {
      return Promise.resolve({ database: 'ok' });
    }

    @Handles(keysHealth)
    foreign(): Promise<ReplyOf<typeof keysHealth>> {
      return Promise.resolve({ database: 'ok' });
    }
  }
  class VaultModule {}
  Module({})(VaultModule);
  const stand = await openStand('values');
  const bus = await stand.connect('vault');
  const failure: unknown = await serve({ module: VaultModule, controllers: [VaultController] }, bus).catch(
    (error: unknown) => error,
  );
  const { message } = failure as Error;
  for (const { name } of operationsOf('vault').filter((operation) => operation.name !== 'vault.health')) {
    expect(message).toContain(`${name} has no handler`);
  }
  expect(message).toContain('keys.health is no operation of vault');
  expect(message).not.toContain('vault.health');
  await stand.close();
});

it('does not start when two handlers want one operation', async () => {
  @Controller()
  class SecondController {
    @Handles(vaultHealth)
    health(): Promise<ReplyOf<typeof vaultHealth>> {
      return Promise.resolve({ database: 'ok' });
    }
  }
  const stand = await openStand('values');
  const bus = await stand.connect('vault');
  const module = moduleOf('vault', new Answers());
  const twice = { ...module, controllers: [...(module.controllers ?? []), SecondController] };
  await expect(serve(twice, bus)).rejects.toThrow('vault.health has more than one handler');
  await stand.close();
});

/** Never run: each line marked so must not compile, or the type check of the whole repository fails. */
export function misfits(bus: Bus): object {
  const context = { caller: null };
  // @ts-expect-error the request is not the operation's
  void bus.call(listKeys, { skip: 'all' }, context);
  // @ts-expect-error a required field is missing
  void bus.call(runStream, {}, context);
  // @ts-expect-error a stream is not called
  void bus.call(runStream, { flow: 'x' }, context);
  // @ts-expect-error a call is not streamed
  void bus.stream(listKeys, {}, context);
  // @ts-expect-error the reply is the operation's
  void bus.call(identityHealth, {}, context).then(({ nothing }) => String(nothing));
  // @ts-expect-error there is no call without saying on whose behalf
  void bus.call(listKeys, {});

  class Misfits {
    // @ts-expect-error the reply is not the operation's
    @Handles(vaultHealth)
    wrongReply(): Promise<{ database: number }> {
      return Promise.resolve({ database: 1 });
    }

    // @ts-expect-error the request is not the operation's
    @Handles(whoami)
    wrongRequest({ name }: { name: string }): Promise<ReplyOf<typeof whoami>> {
      throw new Error(name);
    }

    // @ts-expect-error a call is not answered by frames
    @Handles(keysHealth)
    async *notAStream(): AsyncIterable<ReplyOf<typeof keysHealth>> {}

    // @ts-expect-error a stream is not answered by a promise
    @Handles(runStream)
    notACall({ flow }: RequestOf<typeof runStream>): Promise<string> {
      return Promise.resolve(flow);
    }

    @Handles(identityHealth)
    assumesCaller(
      _request: object,
      { caller }: OperationContext<typeof identityHealth>,
    ): Promise<ReplyOf<typeof identityHealth>> {
      // @ts-expect-error a service that calls for itself has no caller
      return Promise.reject(new Error(caller.userId));
    }

    @Handles(whoami)
    hasCaller(_request: object, { caller }: OperationContext<typeof whoami>): Promise<ReplyOf<typeof whoami>> {
      return Promise.reject(new Error(caller.userId));
    }
  }
  return Misfits;
}
