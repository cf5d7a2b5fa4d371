import { connectInProcess, createBroker, serve } from '@flowkeep/bus';
import { keepSystemSecret, readSystemSecret, replaceSystemSecret } from '@flowkeep/contracts';
import { hashKey } from '@flowkeep/crypto';
import type { Database } from '@flowkeep/persistence';
import { RecordingLogger, StubBus, type TestClock } from '@flowkeep/testing';
import { IdentityModule } from './identity.module.ts';
import { IdentityOptions } from './identity-options.ts';

/** How long a session of a test lasts after its last use. */
export const sessionMs = 3_600_000;

/** Lets a stub keep identity's secrets. */
export function answerAsVault(stub: StubBus, vault: Map<string, string>): void {
  stub.answer(readSystemSecret, ({ name }) => ({ value: vault.get(name) ?? null }));
  stub.answer(keepSystemSecret, ({ name, value }) => {
    const created = !vault.has(name);
    if (created) vault.set(name, value);
    return { value: vault.get(name) as string, created };
  });
  stub.answer(replaceSystemSecret, ({ name, previous, value }) => {
    const before = vault.get(name);
    const replaced = before !== undefined && hashKey(before) === previous;
    if (replaced) vault.set(name, value);
    return { value: vault.get(name) ?? null, replaced };
  });
}

/** An identity over a test's database, with a gateway's end to talk to and a vault of its own. */
export async function startIdentityStand(
  database: Database,
  clock: TestClock,
  vault = new Map<string, string>(),
  vaultAnswers = true,
) {
  const broker = createBroker({ prefix: 'test' });
  const log = new RecordingLogger();
  const own = connectInProcess(broker, { service: 'identity', clock, logger: log });
  const options = new IdentityOptions({ accessTokenSeconds: 600, sessionSeconds: sessionMs / 1000 });
  const stub = new StubBus('identity');
  if (vaultAnswers) answerAsVault(stub, vault);
  // The vault is a stub; what identity tells others goes over the real bus.
  stub.emit = (event, payload) => own.emit(event, payload);
  const app = await serve(IdentityModule.forRoot({ bus: stub, database, clock, logger: log, options }), own);
  const gateway = connectInProcess(broker, { service: 'gateway', clock, logger: log });
  const keys = connectInProcess(broker, { service: 'keys', clock, logger: log });
  return { app, gateway, keys, stub, log, stop: () => app.close() };
}
