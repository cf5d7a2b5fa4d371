import { Injectable } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { DomainError, resolve } from '@flowkeep/contracts';
import { type CredentialNeeds, type Credentials, noCredentials, type VariableValue } from '@flowkeep/flow-engine';
import { type JsonValue, quote } from '@flowkeep/flow-graph';
import type { FlowHead } from './runnable-flows.ts';

/** Values that came with the request, by the upper-case name of the variable they stand in for. */
export type GlobalVariables = ReadonlyMap<string, string>;

/** Names count in any case, as HTTP headers do. */
export function readGlobalVariables(given: Readonly<Record<string, string>>): GlobalVariables {
  return new Map(Object.entries(given).map(([name, value]) => [name.toUpperCase(), value]));
}

/** Gets a run what it needs of the vault, in one question. */
@Injectable()
export class RunCredentials {
  constructor(private readonly bus: Bus) {}

  /**
   * @param context of the run, so that deadline and trace are inherited
   * @throws DomainError `variable_unreadable` naming what can't be opened, `unavailable`
   */
  async resolve(
    flow: FlowHead,
    { variables, secretIds }: CredentialNeeds,
    globals: GlobalVariables,
    context: CallContext,
  ): Promise<Credentials> {
    if (variables.size === 0 && secretIds.size === 0) return noCredentials;
    const found = new Map<string, VariableValue>();
    const stored: string[] = [];
    for (const name of variables) {
      const value = globals.get(name.toUpperCase());
      if (value === undefined) stored.push(name);
      else found.set(name, { value, credential: true });
    }
    if (stored.length === 0 && secretIds.size === 0) return { variables: found, secrets: new Map() };
    const request = { workspaceId: flow.workspaceId, flowId: flow.id, variables: stored, secretIds: [...secretIds] };
    const reply = await this.bus.call(resolve, request, { ...context, caller: null });
    const [unreadable] = reply.unreadable;
    if (unreadable !== undefined) {
      const what = secretIds.has(unreadable) ? 'A stored secret of the flow' : `The variable ${quote(unreadable)}`;
      throw new DomainError('variable_unreadable', { message: `${what} can not be opened. Set it again.` });
    }
    for (const { name, kind, value } of reply.variables) found.set(name, { value, credential: kind === 'credential' });
    const secrets = new Map(reply.secrets.map(({ id, value }) => [id, JSON.parse(value) as JsonValue]));
    return { variables: found, secrets };
  }
}
