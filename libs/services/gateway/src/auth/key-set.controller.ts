import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Serves } from '../routing/serves.ts';
import { keySetRoutes as routes } from './key-set.routes.ts';
import { TokenKeys } from './token-keys.ts';

/** Less than a new key is published before it signs. */
const maxAgeSeconds = 30;

@Controller()
export class KeySetController {
  constructor(private readonly keys: TokenKeys) {}

  /** A JSON Web Key Set (RFC 7517). */
  @Serves(routes.keySet)
  async keySet(@Res({ passthrough: true }) reply: FastifyReply) {
    const published = await this.keys.published();
    reply.header('cache-control', `public, max-age=${maxAgeSeconds}`).type('application/jwk-set+json');
    return published;
  }
}
