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
import { HealthController } from './health.controller.ts';
import { IdentityOptions } from './identity-options.ts';
import { AccessTokens } from './sessions/access-tokens.ts';
import { RefreshTokens } from './sessions/refresh-tokens.ts';
import { SessionsController } from './sessions/sessions.controller.ts';
import { SessionsService } from './sessions/sessions.service.ts';
import { SignInAttempts } from './sessions/sign-in-attempts.ts';
import { SignInReports } from './sessions/sign-in-reports.ts';
import { SignInThrottle } from './sessions/sign-in-throttle.ts';
import { SigningKeys } from './sessions/signing-keys.ts';
import { Bootstrap } from './users/bootstrap.ts';
import { Provisioning } from './users/provisioning.ts';
import { PasswordsService } from './users/passwords.service.ts';
import { UsersController } from './users/users.controller.ts';
import { UsersService } from './users/users.service.ts';

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
      controllers: [HealthController, UsersController, SessionsController, AuditController],
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
        SigningKeys,
        AccessTokens,
        RefreshTokens,
        SignInThrottle,
        SignInAttempts,
        SignInReports,
        SessionsService,
        UsersService,
        PasswordsService,
        Bootstrap,
        Provisioning,
      ],
    };
  }
}
