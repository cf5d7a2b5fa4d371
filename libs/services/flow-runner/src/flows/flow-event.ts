import type { AuditEvent, Caller } from '@flowkeep/contracts';

/** What the audit log says about a change of a flow; without an actor the server itself made it. */
export function flowEvent(
  actor: Pick<Caller, 'userId' | 'keyId'> | null,
  event: Pick<AuditEvent, 'id' | 'at' | 'workspaceId'>,
  action: string,
  flowId: string,
  details: AuditEvent['details'],
): AuditEvent {
  return {
    ...event,
    actorId: actor?.userId ?? null,
    keyId: actor?.keyId ?? null,
    action,
    subjectId: flowId,
    details,
  };
}
