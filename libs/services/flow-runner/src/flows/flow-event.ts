import type { AuditEvent, Caller } from '@flowkeep/contracts';

/** What the audit log says about a change of a flow. */
export function flowEvent(
  { workspaceId, userId, keyId }: Caller,
  { id, at }: Pick<AuditEvent, 'id' | 'at'>,
  action: string,
  flowId: string,
  details: AuditEvent['details'],
): AuditEvent {
  return { id, at, workspaceId, actorId: userId, keyId: keyId ?? null, action, subjectId: flowId, details };
}
