import { Controller, Res } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import {
  createCredential,
  credentialType,
  credentialTypes,
  deleteCredential,
  DomainError,
  getCredential,
  listCredentials,
  updateCredential,
  uuid,
} from '@flowkeep/contracts';
import type { FastifyReply } from 'fastify';
import { Context, Input } from '../../routing/input.ts';
import type { InputOf } from '../../routing/route.ts';
import { Serves } from '../../routing/serves.ts';
import { flowiseRoutes as routes } from './routes/index.ts';
import { credentialDefinition, credentialRow, givenFields, plainData } from './shapes/credential-row.ts';

const keyIcon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="#555" ' +
  'stroke-width="2"><circle cx="8" cy="15" r="4"/><path d="M11 12 20 3m-4 4 3 3"/></svg>';

/** Credentials and their kinds, as Flowise's clients manage them. */
@Controller()
export class FlowiseCredentialsController {
  constructor(private readonly bus: Bus) {}

  @Serves(routes.listCredentials)
  async list(@Input() { query }: InputOf<typeof routes.listCredentials>, @Context() context: CallContext) {
    const { credentials } = await this.bus.call(listCredentials, { types: query.credentialName }, context);
    return credentials.map(credentialRow);
  }

  /** An id that is sent is not kept: it could be somebody else's. */
  @Serves(routes.createCredential)
  async create(@Input() { body }: InputOf<typeof routes.createCredential>, @Context() context: CallContext) {
    const { name, credentialName: type, plainDataObj } = body;
    return credentialRow(
      await this.bus.call(createCredential, { name, type, fields: givenFields(plainDataObj) }, context),
    );
  }

  @Serves(routes.getCredential)
  async get(@Input() { params }: InputOf<typeof routes.getCredential>, @Context() context: CallContext) {
    const credential = await this.bus.call(getCredential, { credentialId: idOf(params) }, context);
    return { ...credentialRow(credential), plainDataObj: plainData(credential) };
  }

  /** Reveals as little as reading does. */
  @Serves(routes.revealCredential)
  async reveal(@Input() { params }: InputOf<typeof routes.revealCredential>, @Context() context: CallContext) {
    return { plainDataObj: plainData(await this.bus.call(getCredential, { credentialId: idOf(params) }, context)) };
  }

  @Serves(routes.updateCredential)
  async update(@Input() { params, body }: InputOf<typeof routes.updateCredential>, @Context() context: CallContext) {
    const { name, credentialName: type, plainDataObj } = body;
    const fields = plainDataObj === undefined ? undefined : givenFields(plainDataObj);
    const request = { credentialId: idOf(params), name, type, fields };
    return credentialRow(await this.bus.call(updateCredential, request, context));
  }

  /** TypeORM's words for how many rows went. */
  @Serves(routes.deleteCredential)
  async delete(@Input() { params }: InputOf<typeof routes.deleteCredential>, @Context() context: CallContext) {
    try {
      await this.bus.call(deleteCredential, { credentialId: idOf(params) }, context);
      return { raw: [], affected: 1 };
    } catch (error) {
      if (error instanceof DomainError && error.code === 'credential_not_found') return { raw: [], affected: 0 };
      throw error;
    }
  }

  @Serves(routes.listCredentialTypes)
  types() {
    return credentialTypes.map(credentialDefinition);
  }

  /** Several names come joined by an ampersand, as a page writes it. */
  @Serves(routes.getCredentialType)
  type(@Input() { params }: InputOf<typeof routes.getCredentialType>) {
    const definitions = params.name.split(/&amp;|&/).map((name) => {
      const found = credentialType(name);
      if (found === undefined)
        throw new DomainError('credential_not_found', { message: 'There is no such credential.' });
      return credentialDefinition(found);
    });
    return definitions.length === 1 ? definitions[0] : definitions;
  }

  @Serves(routes.credentialIcon)
  icon(@Input() { params }: InputOf<typeof routes.credentialIcon>, @Res({ passthrough: true }) reply: FastifyReply) {
    if (credentialType(params.name) === undefined) throw new DomainError('credential_not_found');
    // Not by decorator: a refusal is JSON.
    void reply.header('content-type', 'image/svg+xml');
    return keyIcon;
  }
}

/** What is no id is the id of nothing. */
function idOf({ id }: { readonly id: string }): string {
  const parsed = uuid.safeParse(id);
  if (!parsed.success) throw new DomainError('credential_not_found');
  return parsed.data;
}
