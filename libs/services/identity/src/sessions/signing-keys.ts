import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose';
import { z } from 'zod';
import { Bus, systemContext } from '@flowkeep/bus';
import { accessToken, jwks, keepSystemSecret, readSystemSecret, type ReplyOf } from '@flowkeep/contracts';

type PublicKey = ReplyOf<typeof jwks>['keys'][number];

const secretName = 'access-token-key';

const storedKey = z.object({ kid: z.string(), x: z.string(), y: z.string(), d: z.string() });

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: PublicKey;
}

/**
 * The key access tokens are signed with. It lives in the vault; here it is held in memory only. Made by whichever
 * instance comes first.
 */
@Injectable()
export class SigningKeys {
  private loading: Promise<SigningKey> | undefined;

  constructor(private readonly bus: Bus) {}

  /** @throws DomainError `unavailable` while the vault can't be reached; the next call tries again */
  async current(): Promise<SigningKey> {
    this.loading ??= this.load();
    try {
      return await this.loading;
    } catch (error) {
      this.loading = undefined;
      throw error;
    }
  }

  private async load(): Promise<SigningKey> {
    const { value } = await this.bus.call(readSystemSecret, { name: secretName }, systemContext);
    const stored = value ?? (await this.create());
    const { kid, x, y, d } = storedKey.parse(JSON.parse(stored));
    const curve = { kty: 'EC', crv: 'P-256' } as const;
    const privateKey = await importJWK({ ...curve, x, y, d }, accessToken.algorithm);
    if (privateKey instanceof Uint8Array) throw new TypeError('the stored key is not a key pair');
    return { kid, privateKey, publicKey: { ...curve, alg: accessToken.algorithm, use: 'sig', kid, x, y } };
  }

  private async create(): Promise<string> {
    const { privateKey } = await generateKeyPair(accessToken.algorithm, { extractable: true });
    const jwk = await exportJWK(privateKey);
    const { x, y, d } = jwk;
    const made = JSON.stringify({ kid: await calculateJwkThumbprint(jwk), x, y, d });
    const { value } = await this.bus.call(keepSystemSecret, { name: secretName, value: made }, systemContext);
    return value;
  }
}
