import { Injectable } from '@nestjs/common';
import { Bus, type CallContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type CredentialFacts,
  DomainError,
  effectiveRights,
  type ErrorCode,
  getFlow,
  hasRight,
  type KeyVerdict,
  mayOpenFlow,
  type PrincipalFacts,
  resolvePermission,
  verdictOfError,
} from '@flowkeep/contracts';
import { KeyLimits } from '../limits/key-limits.ts';
import { Facts } from './facts.ts';
import { PresentedKeys } from './presented-keys.ts';
import { keyVerdict } from './key-verdict.ts';

/** What somebody wants to know of a key. */
export interface KeyQuestion {
  readonly key: string;
  readonly flowId?: string | undefined;
  readonly permission?: string | undefined;
  readonly address?: string | undefined;
}

/** The verdict, null for a key that counts, and its facts if the asker may know them. */
export interface CheckedKey {
  readonly verdict: KeyVerdict | null;
  readonly facts: CredentialFacts | null;
}

/** Judges keys that were not used, from the same facts as those that are. */
@Injectable()
export class KeyCheck {
  constructor(
    private readonly facts: Facts,
    private readonly presented: PresentedKeys,
    private readonly limits: KeyLimits,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /** A key of another workspace is answered like one that does not exist. */
  async check(question: KeyQuestion, context: CallContext): Promise<CheckedKey> {
    const facts = await this.find(question.key);
    if (facts === null || facts.workspaceId !== context.caller?.workspaceId) {
      return { verdict: 'not_found', facts: null };
    }
    const code = await this.codeOf(facts, question, context);
    return { verdict: code === null ? null : (verdictOfError[code] ?? 'disabled'), facts };
  }

  /**
   * Whether a key exists and counts, for anybody who has it.
   *
   * @throws DomainError `too_many_attempts`
   */
  async counts(key: string, address: string): Promise<boolean> {
    const facts = await orNull('key_invalid', () => {
      const hash = this.presented.screen(key, address);
      if (hash instanceof DomainError) throw hash;
      return this.presented.lookUp(key, hash, address);
    });
    if (facts === null || keyVerdict(facts, this.clock.now(), address) !== null) return false;
    return holds(await this.holderOf(facts), facts);
  }

  private async codeOf(
    facts: CredentialFacts,
    { flowId, permission, address }: KeyQuestion,
    context: CallContext,
  ): Promise<ErrorCode | null> {
    const code = keyVerdict(facts, this.clock.now(), address ?? null);
    if (code !== null) return code;
    const holder = await this.holderOf(facts);
    if (!holds(holder, facts)) return 'key_disabled';
    const rights = effectiveRights(holder, facts.workspaceId, facts);
    const needed = permission === undefined ? [] : resolvePermission(permission);
    // A name that stands for nothing here allows nothing.
    const allowed = permission === undefined || (needed.length > 0 && needed.every((right) => hasRight(rights, right)));
    if (!allowed) return 'insufficient_permission';
    if (flowId !== undefined && !(await this.opens(facts, flowId, context))) return 'insufficient_permission';
    return this.exhausted(facts);
  }

  private async exhausted(facts: CredentialFacts): Promise<ErrorCode | null> {
    try {
      await this.limits.probe(facts);
      return null;
    } catch (error) {
      if (error instanceof DomainError && verdictOfError[error.code] !== undefined) return error.code;
      throw error;
    }
  }

  private async find(key: string): Promise<CredentialFacts | null> {
    return orNull('key_invalid', () => this.presented.known(key));
  }

  private holderOf({ ownerId }: CredentialFacts): Promise<PrincipalFacts | null> {
    return orNull('user_not_found', () => this.facts.principals.get(ownerId));
  }

  /** In which project a flow is only its owner knows; asked on behalf of whoever wants to know. */
  private async opens({ scope, workspaceId }: CredentialFacts, flowId: string, context: CallContext): Promise<boolean> {
    const known = mayOpenFlow({ workspaceId, scope }, { id: flowId, workspaceId, projectId: null });
    if (known || scope.projectIds.length === 0) return known;
    const flow = await orNull('flow_not_found', () => this.bus.call(getFlow, { flowId }, context));
    return flow !== null && mayOpenFlow({ workspaceId, scope }, flow);
  }
}

function holds(holder: PrincipalFacts | null, { workspaceId }: CredentialFacts): holder is PrincipalFacts {
  return holder !== null && holder.active && holder.memberships.some((member) => member.workspaceId === workspaceId);
}

async function orNull<T>(code: ErrorCode, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DomainError && error.code === code) return null;
    throw error;
  }
}
