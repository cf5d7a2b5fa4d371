import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { Clock } from '@flowkeep/config';
import { accessToken } from '@flowkeep/contracts';
import { IdentityOptions } from '../identity-options.ts';
import { SigningKeys } from './signing-keys.ts';

/** Issues access tokens. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
    private readonly options: IdentityOptions,
  ) {}

  /** @returns the token and when it ends, in milliseconds since 1970 */
  async issue(userId: string, sessionId: string): Promise<{ token: string; expiresAt: number }> {
    const { kid, privateKey } = await this.keys.current();
    const issuedAt = Math.floor(this.clock.now() / 1000);
    const expiresAt = issuedAt + this.options.accessTokenSeconds;
    const token = await new SignJWT({ sid: sessionId, type: accessToken.type })
      .setProtectedHeader({ alg: accessToken.algorithm, typ: 'JWT', kid })
      .setSubject(userId)
      .setIssuer(accessToken.issuer)
      .setAudience(accessToken.audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(privateKey);
    return { token, expiresAt: expiresAt * 1000 };
  }
}
