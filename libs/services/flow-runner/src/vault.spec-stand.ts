import {
  DomainError,
  dropFlowSecrets,
  keepFlowSecrets,
  listDefaultFields,
  promoteFlowSecret,
  resolve,
} from '@flowkeep/contracts';
import type { StubBus } from '@flowkeep/testing';

/** The vault as the runner sees it; keeps everything in clear. */
export class StubVault {
  readonly variables = new Map<string, { value: string; kind: 'credential' | 'generic' }>();
  readonly secrets = new Map<string, { flowId: string; nodeId: string; field: string; value: string }>();
  /** Variables that apply to fields, oldest first. */
  readonly defaultFields: { name: string; fields: string[] }[] = [];
  readonly unreadable = new Set<string>();
  /** While it is away it answers nothing. */
  away = false;
  /** The questions of runs. */
  readonly asked: { variables: string[]; secretIds: string[] }[] = [];

  answerAt(bus: StubBus): void {
    bus.answer(keepFlowSecrets, ({ flowId, secrets }) => {
      this.requireHere();
      for (const { id, ...secret } of secrets) this.secrets.set(id, { flowId, ...secret });
      return { kept: secrets.length };
    });
    bus.answer(dropFlowSecrets, ({ flowId, secretIds }) => {
      this.requireHere();
      const gone = [...this.secrets].filter(
        ([id, secret]) => secret.flowId === flowId && (secretIds === null || secretIds.includes(id)),
      );
      for (const [id] of gone) this.secrets.delete(id);
      return { dropped: gone.length };
    });
    bus.answer(listDefaultFields, () => {
      this.requireHere();
      return { variables: this.defaultFields };
    });
    bus.answer(promoteFlowSecret, ({ flowId, secretId, name }) => {
      this.requireHere();
      const secret = this.secrets.get(secretId);
      if (secret?.flowId !== flowId) throw new DomainError('flow_secret_not_found');
      const known = this.variables.get(name);
      const value = JSON.parse(secret.value) as string;
      if (known !== undefined && known.value !== value) throw new DomainError('name_taken');
      this.variables.set(name, { value, kind: 'credential' });
      return { variableId: secretId, name };
    });
    bus.answer(resolve, ({ flowId, variables, secretIds }) => {
      this.requireHere();
      this.asked.push({ variables, secretIds });
      return {
        variables: variables.flatMap((name) => {
          const found = this.variables.get(name);
          return found === undefined ? [] : [{ name, ...found }];
        }),
        secrets: secretIds.flatMap((id) => {
          const found = this.secrets.get(id);
          return found?.flowId === flowId ? [{ id, value: found.value }] : [];
        }),
        unreadable: [...variables, ...secretIds].filter((name) => this.unreadable.has(name)),
      };
    });
  }

  private requireHere(): void {
    if (this.away) throw new DomainError('unavailable');
  }
}
