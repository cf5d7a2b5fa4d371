import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import { Logger } from '@flowkeep/telemetry';
import { Authenticator } from './auth/authenticator.ts';
import { CredentialGuard } from './auth/credential.guard.ts';
import { Facts } from './auth/facts.ts';
import { Sessions } from './auth/sessions.ts';
import { TokenKeys } from './auth/token-keys.ts';
import { FlowiseAuthController } from './dialects/flowise/auth.controller.ts';
import { LangflowApiKeysController } from './dialects/langflow/api-keys.controller.ts';
import { LangflowFlowsController } from './dialects/langflow/flows.controller.ts';
import { LangflowRunController } from './dialects/langflow/run.controller.ts';
import { LangflowSessionController } from './dialects/langflow/session.controller.ts';
import { NativeAccountController } from './dialects/native/account.controller.ts';
import { NativeAuditController } from './dialects/native/audit.controller.ts';
import { NativeFlowsController } from './dialects/native/flows.controller.ts';
import { NativeController } from './dialects/native/native.controller.ts';
import { LangflowVariablesController } from './dialects/langflow/variables.controller.ts';
import { ErrorFilter } from './edge/error.filter.ts';
import { GatewayOptions } from './gateway-options.ts';
import { HealthController } from './health/health.controller.ts';
import { Readiness } from './health/readiness.ts';
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
        LangflowSessionController,
        LangflowApiKeysController,
        LangflowFlowsController,
        LangflowRunController,
        LangflowVariablesController,
        FlowiseAuthController,
        NativeController,
        NativeAccountController,
        NativeFlowsController,
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
        Sessions,
        UsageCounter,
        Readiness,
        { provide: APP_FILTER, useValue: errors },
        { provide: APP_GUARD, useClass: CredentialGuard },
      ],
    };
  }
}
