import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Serves } from '../routing/serves.ts';
import { type PartState, Readiness } from './readiness.ts';
import { healthRoutes as routes } from './routes.ts';

@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Serves(routes.health)
  health() {
    return { status: 'ok' };
  }

  @Serves(routes.live)
  live() {
    return { status: 'ok' };
  }

  @Serves(routes.ready)
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const { ready, parts } = await this.readiness.check();
    if (!ready) reply.status(503).header('retry-after', '1');
    return { status: ready ? 'ready' : 'not ready', parts };
  }

  /** Langflow's form: two parts, and 500 with the same object as `detail` when one fails (contract: Langflow 2.10). */
  @Serves(routes.healthCheck)
  async check(@Res({ passthrough: true }) reply: FastifyReply) {
    const { parts } = await this.readiness.check();
    const databases = [parts.identity, parts.keys, parts.vault, parts.runner];
    const state = {
      chat: describe(parts.bus === 'ok' ? parts.runner : 'failing'),
      db: describe(databases.every((part) => part === 'ok') ? 'ok' : 'failing'),
    };
    if (state.chat === 'ok' && state.db === 'ok') return { status: 'ok', ...state };
    reply.status(500);
    return { detail: { status: 'nok', ...state } };
  }
}

function describe(state: PartState): string {
  return state === 'ok' ? 'ok' : 'error check the server logs';
}
