import { type DynamicModule, Module } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { PasswordHasher } from '@flowkeep/crypto';
import { Database, UuidV7 } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { AuditController } from './audit/audit.controller.ts';
import { AuditKeys } from './audit/audit-keys.ts';
import { AuditReader } from './audit/audit-reader.ts';
import { AuditRetention } from './audit/audit-retention.ts';
import { AuditService } from './audit/audit.service.ts';
import { OwnEvents } from './audit/own-events.ts';
import { HealthController } from './health.controller.ts';
import { IdentityOptions } from './identity-options.ts';
import { RefreshTokens } from './sessions/refresh-tokens.ts';
import { SessionListService } from './sessions/session-list.service.ts';
import { SessionsController } from './sessions/sessions.controller.ts';
import { SessionsService } from './sessions/sessions.service.ts';
import { SignInAttempts } from './sessions/sign-in-attempts.ts';
import { SignInReports } from './sessions/sign-in-reports.ts';
import { SignInThrottle } from './sessions/sign-in-throttle.ts';
import { AccessTokens } from './signing-keys/access-tokens.ts';
import { KeyRotation } from './signing-keys/key-rotation.ts';
import { SigningKeysController } from './signing-keys/signing-keys.controller.ts';
import { SigningKeys } from './signing-keys/signing-keys.ts';
import { AccountsService } from './users/accounts.service.ts';
import { Bootstrap } from './users/bootstrap.ts';
import { Departures } from './users/departures.ts';
import { Provisioning } from './users/provisioning.ts';
import { PasswordsService } from './users/passwords.service.ts';
import { RemovalsService } from './users/removals.service.ts';
import { KeyHoldersController } from './users/key-holders.controller.ts';
import { UsersController } from './users/users.controller.ts';
import { UsersService } from './users/users.service.ts';
import { InvitationsService } from './workspaces/invitations.service.ts';
import { MembersService } from './workspaces/members.service.ts';
import { WorkspacesController } from './workspaces/workspaces.controller.ts';
import { WorkspacesService } from './workspaces/workspaces.service.ts';

export interface IdentityParts {
  readonly bus: Bus;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: IdentityOptions;
}

@Module({})
export class IdentityModule {
  static forRoot({ bus, database, clock, logger, options }: IdentityParts): DynamicModule {
    return {
      module: IdentityModule,
      controllers: [
        HealthController,
        UsersController,
        KeyHoldersController,
        WorkspacesController,
        SessionsController,
        SigningKeysController,
        AuditController,
      ],
      providers: [
        { provide: Bus, useValue: bus },
        { provide: Database, useValue: database },
        { provide: Clock, useValue: clock },
        { provide: Logger, useValue: logger },
        { provide: IdentityOptions, useValue: options },
        { provide: UuidV7, useFactory: () => new UuidV7(clock) },
        PasswordHasher,
        AuditKeys,
        AuditReader,
        AuditRetention,
        AuditService,
        OwnEvents,
        SigningKeys,
        KeyRotation,
        AccessTokens,
        RefreshTokens,
        SignInThrottle,
        SignInAttempts,
        SignInReports,
        SessionsService,
        SessionListService,
        UsersService,
        AccountsService,
        PasswordsService,
        RemovalsService,
        Departures,
        WorkspacesService,
        MembersService,
        InvitationsService,
        Bootstrap,
        Provisioning,
      ],
    };
  }
}
