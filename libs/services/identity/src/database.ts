import type { DatabaseDefinition } from '@flowkeep/persistence';
import { AuditEventEntity } from './audit/audit-event.entity.ts';
import { AuditHeadEntity } from './audit/audit-head.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { refreshTokens } from './migrations/0002-refresh-tokens.ts';
import { mustChangePassword } from './migrations/0003-must-change-password.ts';
import { examplesPending } from './migrations/0004-examples-pending.ts';
import { auditChain } from './migrations/0005-audit-chain.ts';
import { signInThrottle } from './migrations/0006-sign-in-throttle.ts';
import { accounts } from './migrations/0007-accounts.ts';
import { sessionOrder } from './migrations/0008-session-order.ts';
import { RefreshTokenEntity } from './sessions/refresh-token.entity.ts';
import { SessionEntity } from './sessions/session.entity.ts';
import { SignInAddressEntity, SignInThrottleEntity } from './sessions/sign-in-throttle.entity.ts';
import { DepartureEntity } from './users/departure.entity.ts';
import { UserEntity } from './users/user.entity.ts';
import { InvitationEntity } from './workspaces/invitation.entity.ts';
import { MembershipEntity, WorkspaceEntity } from './workspaces/workspace.entity.ts';

/** What identity keeps. */
export const identityDatabase: DatabaseDefinition = {
  service: 'identity',
  entities: [
    UserEntity,
    WorkspaceEntity,
    MembershipEntity,
    SessionEntity,
    RefreshTokenEntity,
    AuditEventEntity,
    AuditHeadEntity,
    SignInThrottleEntity,
    SignInAddressEntity,
    InvitationEntity,
    DepartureEntity,
  ],
  migrations: [
    initial,
    refreshTokens,
    mustChangePassword,
    examplesPending,
    auditChain,
    signInThrottle,
    accounts,
    sessionOrder,
  ],
};
