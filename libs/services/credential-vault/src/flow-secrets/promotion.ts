import { Injectable } from '@nestjs/common';
import { type Caller, DomainError, type promoteFlowSecret, type ReplyOf, type RequestOf } from '@flowkeep/contracts';
import { Database, inWorkspace } from '@flowkeep/persistence';
import { Values } from '../values.ts';
import { VariableEntity } from '../variables/variable.entity.ts';
import { VariablesService } from '../variables/variables.service.ts';
import { FlowSecretEntity, placeOf } from './flow-secret.entity.ts';

type Request = RequestOf<typeof promoteFlowSecret>;
type Reply = ReplyOf<typeof promoteFlowSecret>;

/** Hidden secrets of flows that become credentials. */
@Injectable()
export class Promotion {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly variables: VariablesService,
  ) {}

  /**
   * The credential gets the id of the secret, so that whoever asks again finds what was made the first time.
   *
   * @throws DomainError `flow_secret_not_found`, `name_taken`, `variable_unreadable`; `invalid_request` for a secret that
   *   is no text
   */
  async promote(caller: Caller, { flowId, secretId, name }: Request): Promise<Reply> {
    const own = { id: secretId, ...inWorkspace(caller) };
    const [secret, made] = await this.database.read(async (em) => [
      await em.findOne(FlowSecretEntity, { ...own, flowId }),
      await em.findOne(VariableEntity, own),
    ]);
    if (secret === null) throw new DomainError('flow_secret_not_found');
    if (made !== null && made.name === name) return { variableId: made.id, name };
    const { workspaceId, dataKeyId, ciphertext } = secret;
    const [opened] = await this.values.open(workspaceId, [{ place: placeOf(secret), dataKeyId, ciphertext }]);
    if (opened === null || opened === undefined) {
      throw new DomainError('variable_unreadable', { message: 'The stored secret can not be opened. Set it again.' });
    }
    const value: unknown = JSON.parse(opened);
    if (typeof value !== 'string') throw noText();
    const request = { name, value, kind: 'credential' as const, defaultFields: [] };
    const { id } = await this.variables.create(caller, request, made === null ? secretId : undefined);
    return { variableId: id, name };
  }
}

function noText(): DomainError {
  const message = 'Only a secret that is a text can become a variable.';
  return new DomainError('invalid_request', { message, issues: [{ path: ['field'], code: 'invalid', message }] });
}
