import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { type CredentialFacts, DomainError, environmentKeyId, keyHolder } from '@flowkeep/contracts';
import { GatewayOptions } from '../gateway-options.ts';
import { FactCache } from './fact-cache.ts';

/** The key the operator gives in the settings instead of those that people make. It acts as the first superuser. */
@Injectable()
export class EnvironmentKey {
  private readonly digest: Buffer | null;
  /** One entry; whether its holder is active is asked of identity like anybody's. */
  private readonly holder: FactCache<CredentialFacts>;

  constructor(options: GatewayOptions, bus: Bus, clock: Clock) {
    this.digest = options.environmentKey === null ? null : digestOf(options.environmentKey);
    this.holder = new FactCache({
      clock,
      load: async () => factsOf(await bus.call(keyHolder, { username: null }, systemContext)),
      idOf: ({ ownerId }) => ownerId,
      revisionOf: ({ revision }) => revision,
      isMissing: () => false,
    });
  }

  get isSet(): boolean {
    return this.digest !== null;
  }

  /** Takes the same time whatever the difference. */
  matches(key: string): boolean {
    return this.digest !== null && timingSafeEqual(this.digest, digestOf(key));
  }

  /** @throws DomainError `key_invalid` for any other key, and while there is no active superuser */
  async facts(key: string): Promise<CredentialFacts> {
    if (!this.matches(key)) throw new DomainError('key_invalid');
    try {
      return await this.holder.get(environmentKeyId);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'user_not_found') throw error;
      throw new DomainError('key_invalid', { detail: 'there is no active superuser' });
    }
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function factsOf({ userId, workspaceId }: { readonly userId: string; readonly workspaceId: string }): CredentialFacts {
  return {
    keyId: environmentKeyId,
    ownerId: userId,
    workspaceId,
    permissions: ['*'],
    scope: { flowIds: [], projectIds: [] },
    addresses: [],
    rateLimit: null,
    quota: null,
    enabled: true,
    notBefore: null,
    expiresAt: null,
    secret: 'current',
    secretValidUntil: null,
    revision: 0,
  };
}
