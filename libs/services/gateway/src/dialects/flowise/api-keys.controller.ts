import { Controller, Header, Req } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { type ApiKey, createKey, deleteKeys, DomainError, listKeys, updateKey, uuid } from '@flowkeep/contracts';
import type { FastifyRequest } from 'fastify';
import { Facts } from '../../auth/facts.ts';
import { KeyCheck } from '../../auth/key-check.ts';
import { applyOwnChange } from '../../auth/own-changes.ts';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { readKeyFields, readPaging } from './api-key-fields.ts';
import { flowiseRoutes as routes } from './routes/index.ts';
import { apiKeyRow, createdApiKeyRow } from './shapes/api-key-row.ts';
import { permissionCatalogue } from './shapes/permission-catalogue.ts';

/** API keys as Flowise's clients manage them: each with a list of permissions. */
@Controller()
export class FlowiseApiKeysController {
  constructor(
    private readonly bus: Bus,
    private readonly facts: Facts,
    private readonly keys: KeyCheck,
  ) {}

  @Serves(routes.listApiKeys)
  async list(@Input() { query }: InputOf<typeof routes.listApiKeys>, @Context() context: CallContext) {
    const paging = readPaging(query);
    if (paging === null) return (await this.all(context)).map(apiKeyRow);
    const { total, keys } = await this.bus.call(listKeys, paging, context);
    return { total, data: keys.map(apiKeyRow) };
  }

  @Serves(routes.createApiKey)
  async create(@Input() { body }: InputOf<typeof routes.createApiKey>, @Context() context: CallContext) {
    const fields = readKeyFields(body);
    const { key, secret } = await granting(this.bus.call(createKey, fields, context));
    return createdApiKeyRow(key, secret);
  }

  @Serves(routes.updateApiKey)
  async update(@Input() { params, body }: InputOf<typeof routes.updateApiKey>, @Context() context: CallContext) {
    const fields = readKeyFields(body);
    if (!uuid.safeParse(params.id).success) throw new DomainError('key_not_found');
    const key = await granting(this.bus.call(updateKey, { keyId: params.id, ...fields }, context));
    applyOwnChange(this.facts, updateKey.name, key);
    return apiKeyRow(key);
  }

  /** TypeORM's words for how many rows went. */
  @Serves(routes.deleteApiKey)
  async delete(@Input() { params }: InputOf<typeof routes.deleteApiKey>, @Context() context: CallContext) {
    if (!uuid.safeParse(params.id).success) return { raw: [], affected: 0 };
    const reply = await this.bus.call(deleteKeys, { keyIds: [params.id] }, context);
    applyOwnChange(this.facts, deleteKeys.name, reply);
    return { raw: [], affected: reply.deleted.length };
  }

  /** Anybody may ask whether a key counts who has it. The text is JSON, quotes included. */
  @Serves(routes.verifyApiKey)
  @Header('content-type', 'application/json; charset=utf-8')
  async verify(@Input() { params }: InputOf<typeof routes.verifyApiKey>, @Req() { clientAddress }: FastifyRequest) {
    if (await this.keys.counts(params.apikey, clientAddress)) return '"OK"';
    throw new DomainError('key_invalid', { message: 'Unauthorized' });
  }

  @Serves(routes.verifyNoApiKey)
  verifyNone(): never {
    throw new DomainError('argument_missing', { message: 'apikey not provided!' });
  }

  @Serves(routes.listPermissions)
  permissions(@Input() { params: { type } }: InputOf<typeof routes.listPermissions>) {
    if (type === 'API_KEY' || type === 'ROLE') return permissionCatalogue(type);
    throw new DomainError('invalid_request', { message: 'The type must be API_KEY or ROLE.' });
  }

  private async all(context: CallContext): Promise<ApiKey[]> {
    const all: ApiKey[] = [];
    let after: string | null | undefined;
    while (after !== null) {
      const page = await this.bus.call(listKeys, after === undefined ? {} : { after }, context);
      all.push(...page.keys);
      after = page.next;
    }
    return all;
  }
}

/** Flowise answers 400, not 403, to whoever wants to give more than they have. */
async function granting<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'insufficient_permission') throw error;
    throw new DomainError('invalid_request', {
      message: 'A key may not be given more than its maker has.',
      cause: error,
    });
  }
}
