import { DomainError, dropFlowSecrets, keepFlowSecrets, resolve } from '@flowkeep/contracts';
import type { StubBus } from '@flowkeep/testing';

/** The vault as the runner sees it; keeps everything in clear. */
export class StubVault {
  readonly variables = new Map<string, { value: string; kind: 'credential' | 'generic' }>();
  readonly secrets = new Map<string, { flowId: string; nodeId: string; field: string; value: string }>();
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
