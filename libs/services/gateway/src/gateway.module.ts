import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { Logger } from '@flowkeep/telemetry';
import { Authenticator } from './auth/authenticator.ts';
import { CredentialGuard } from './auth/credential.guard.ts';
import { EnvironmentKey } from './auth/environment-key.ts';
import { Facts } from './auth/facts.ts';
import { KeySetController } from './auth/key-set.controller.ts';
import { KeyCheck } from './auth/key-check.ts';
import { PresentedKeys } from './auth/presented-keys.ts';
import { Sessions } from './auth/sessions.ts';
import { TokenKeys } from './auth/token-keys.ts';
import { FlowiseApiKeysController } from './dialects/flowise/api-keys.controller.ts';
import { FlowiseCredentialsController } from './dialects/flowise/credentials.controller.ts';
import { FlowiseAuthController } from './dialects/flowise/auth.controller.ts';
import { LangflowApiKeysController } from './dialects/langflow/api-keys.controller.ts';
import { LangflowFlowsController } from './dialects/langflow/flows.controller.ts';
import { LangflowRunController } from './dialects/langflow/run.controller.ts';
import { LangflowSessionController } from './dialects/langflow/session.controller.ts';
import { NativeAccountController } from './dialects/native/account.controller.ts';
import { NativeAuditController } from './dialects/native/audit.controller.ts';
import { NativeCredentialsController } from './dialects/native/credentials.controller.ts';
import { NativeFlowsController } from './dialects/native/flows.controller.ts';
import { NativeKeysController } from './dialects/native/keys.controller.ts';
import { NativeController } from './dialects/native/native.controller.ts';
import { LangflowUsersController } from './dialects/langflow/users.controller.ts';
import { LangflowVariablesController } from './dialects/langflow/variables.controller.ts';
import { ErrorFilter } from './edge/error.filter.ts';
import { GatewayOptions } from './gateway-options.ts';
import { HealthController } from './health/health.controller.ts';
import { Readiness } from './health/readiness.ts';
import { FailedKeys } from './limits/failed-keys.ts';
import { KeyLimits } from './limits/key-limits.ts';
import { UsageCounter } from './usage/usage-counter.ts';

export interface GatewayParts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly errors: ErrorFilter;
  readonly options: GatewayOptions;
}

@Module({})
export class GatewayModule {
  static forRoot({ bus, clock, logger, errors, options }: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        HealthController,
        KeySetController,
        LangflowSessionController,
        LangflowUsersController,
        LangflowApiKeysController,
        LangflowFlowsController,
        LangflowRunController,
        LangflowVariablesController,
        FlowiseAuthController,
        FlowiseCredentialsController,
        FlowiseApiKeysController,
        NativeController,
        NativeAccountController,
        NativeFlowsController,
        NativeCredentialsController,
        NativeKeysController,
        NativeAuditController,
      ],
      providers: [
        { provide: Bus, useValue: bus },
        { provide: Clock, useValue: clock },
        { provide: Logger, useValue: logger },
        { provide: GatewayOptions, useValue: options },
        Facts,
        TokenKeys,
        Authenticator,
        FailedKeys,
        EnvironmentKey,
        PresentedKeys,
        KeyCheck,
        Sessions,
        KeyLimits,
        UsageCounter,
        Readiness,
        { provide: APP_FILTER, useValue: errors },
        { provide: APP_GUARD, useClass: CredentialGuard },
      ],
    };
  }
}
