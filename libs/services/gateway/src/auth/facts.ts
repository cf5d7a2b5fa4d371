import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type CredentialFacts,
  DomainError,
  keysChanged,
  principal,
  type PrincipalFacts,
  principalsChanged,
  verifyKey,
} from '@flowkeep/contracts';
import { FactCache } from './fact-cache.ts';

/** What the gateway knows about keys and people: facts of other services, never verdicts. */
@Injectable()
export class Facts implements OnModuleDestroy {
  /** By the SHA-256 of the key. */
  readonly keys: FactCache<CredentialFacts>;
  /** By user id; shared by a person's keys and sessions. */
  readonly principals: FactCache<PrincipalFacts>;
  private readonly stop: readonly (() => void)[];

  constructor(bus: Bus, clock: Clock) {
    this.keys = new FactCache({
      clock,
      load: (hash) => bus.call(verifyKey, { hash }, systemContext),
      idOf: (fact) => fact.keyId,
      revisionOf: (fact) => fact.revision,
      isMissing: (error) => error instanceof DomainError && error.code === 'key_invalid',
    });
    this.principals = new FactCache({
      clock,
      load: (userId) => bus.call(principal, { userId }, systemContext),
      idOf: (fact) => fact.userId,
      revisionOf: (fact) => fact.revision,
      isMissing: (error) => error instanceof DomainError && error.code === 'user_not_found',
    });
    this.stop = [
      bus.on(keysChanged, ({ keys }) => keys.forEach(({ keyId, revision }) => this.keys.changed(keyId, revision))),
      bus.on(principalsChanged, ({ principals }) =>
        principals.forEach(({ userId, revision }) => this.principals.changed(userId, revision)),
      ),
      bus.onReconnect(() => {
        this.keys.clear();
        this.principals.clear();
      }),
    ];
  }

  onModuleDestroy(): void {
    for (const stop of this.stop) stop();
  }
}
