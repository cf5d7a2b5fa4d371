import { Controller } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { createKey, deleteKey, listKeys } from '@flowkeep/contracts';
import { Facts } from '../../auth/facts.ts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { langflowRoutes as routes } from './routes/index.ts';
import { apiKeyRead, createdApiKey } from './shapes/api-key-read.ts';

/** API keys as Langflow's clients manage them: a key may do whatever its holder may. */
@Controller()
export class LangflowApiKeysController {
  constructor(
    private readonly bus: Bus,
    private readonly facts: Facts,
    private readonly clock: Clock,
  ) {}

  @Serves(routes.listKeys)
  async list(@Context() context: CallContext) {
    const now = this.clock.now();
    const { total, keys } = await this.bus.call(listKeys, {}, context);
    return { total_count: total, user_id: context.caller?.userId, api_keys: keys.map((key) => apiKeyRead(key, now)) };
  }

  @Serves(routes.createKey)
  async create(@Input() { body }: InputOf<typeof routes.createKey>, @Context() context: CallContext) {
    const expiresAt = body.expires_at == null ? null : readTime(body.expires_at);
    const request = { name: body.name || null, permissions: ['*'], expiresAt };
    const { key, secret } = await this.bus.call(createKey, request, context);
    return createdApiKey(key, secret);
  }

  /** Langflow keeps this key of another service readable; here a credential is a variable in the vault. */
  @Serves(routes.storeKey)
  store() {
    return { detail: 'API Key saved' };
  }

  /** The key stops working here before the answer is sent, and elsewhere as soon as the news arrives. */
  @Serves(routes.deleteKey)
  async delete(@Input() { params }: InputOf<typeof routes.deleteKey>, @Context() context: CallContext) {
    const { keyId, revision } = await this.bus.call(deleteKey, params, context);
    this.facts.keys.changed(keyId, revision);
    return { detail: 'API Key deleted' };
  }
}

/** A time without an offset is UTC. */
function readTime(text: string): number {
  return Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/i.test(text) ? text : `${text}Z`);
}
