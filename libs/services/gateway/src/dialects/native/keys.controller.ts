import { Controller } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { type CredentialFacts, type NativeInput, type NativeReply, reportKey } from '@flowkeep/contracts';
import { hashKey } from '@flowkeep/crypto';
import { Facts } from '../../auth/facts.ts';
import { KeyCheck } from '../../auth/key-check.ts';
import { applyOwnChange } from '../../auth/own-changes.ts';
import { Context, Input } from '../../routing/input.ts';
import { Serves } from '../../routing/serves.ts';
import { nativeRoutes } from './routes.ts';

/** What is done with a key as it is presented: it ends here, only its hash goes further. */
@Controller()
export class NativeKeysController {
  constructor(
    private readonly bus: Bus,
    private readonly keys: KeyCheck,
    private readonly facts: Facts,
  ) {}

  @Serves(nativeRoutes.verifyKey)
  async verify(
    @Input() { body }: NativeInput<'verifyKey'>,
    @Context() context: CallContext,
  ): Promise<NativeReply<'verifyKey'>> {
    const { verdict, facts } = await this.keys.check(body, context);
    return { valid: verdict === null, verdict, key: facts === null ? null : describe(facts) };
  }

  @Serves(nativeRoutes.reportKey)
  async report(
    @Input() { body }: NativeInput<'reportKey'>,
    @Context() context: CallContext,
  ): Promise<NativeReply<'reportKey'>> {
    const reply = await this.bus.call(reportKey, { hash: hashKey(body.key) }, context);
    applyOwnChange(this.facts, reportKey.name, reply);
    return { accepted: true };
  }
}

function describe({ keyId, ownerId, secret, secretValidUntil, expiresAt }: CredentialFacts) {
  const ends = [secretValidUntil, expiresAt].filter((end) => end !== null);
  return { id: keyId, ownerId, secret, validUntil: ends.length === 0 ? null : Math.min(...ends) };
}
