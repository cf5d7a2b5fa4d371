import { Injectable } from '@nestjs/common';
import { type CryptoKey, importJWK } from 'jose';
import { Bus, systemContext } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  accessToken,
  type jwks,
  keepSystemSecret,
  readSystemSecret,
  replaceSystemSecret,
  type ReplyOf,
} from '@flowkeep/contracts';
import { hashKey } from '@flowkeep/crypto';
import { Logger } from '@flowkeep/telemetry';
import {
  countingKeys,
  formatKeySet,
  type KeySet,
  makeKey,
  overlapMarginMs,
  parseKeySet,
  publicKeyOf,
  signerOf,
} from './key-set.ts';

const secretName = 'access-token-key';

/** How old the set may be before it is read again, beside the work; also the pause after an attempt that failed. */
const reloadAfterMs = 15_000;

/** The same for what is published: an instance must know a key that another one just made. */
const publishedAfterMs = 1_000;

/** How old it may be at most to sign with: no key in it stops counting before its successor's overlap ends. */
const oldestMs = overlapMarginMs;

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

/** The set as it was read. */
export interface LoadedKeys {
  readonly keys: KeySet;
  /** SHA-256 of the text in the vault, by which it is replaced. */
  readonly hash: string;
  /** When it was asked for, by the monotonic clock. */
  readonly sinceMs: number;
}

/**
 * The keys access tokens are signed with. They live in the vault; here they are held in memory only. The first is made
 * by whichever instance comes first. Every instance reads them again and again, so a key that any of them made is
 * published by all long before it signs.
 */
@Injectable()
export class SigningKeys {
  private loaded: LoadedKeys | undefined;
  private reloading: Promise<LoadedKeys> | undefined;
  private failedMs = Number.NEGATIVE_INFINITY;
  private readonly imported = new Map<string, Promise<CryptoKey>>();

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * The key to sign with now.
   *
   * @throws DomainError `unavailable` while the vault can't be reached, and nothing is known that is recent enough
   */
  async current(): Promise<SigningKey> {
    const { loaded } = this;
    if (loaded === undefined || this.ageOf(loaded) >= oldestMs) return this.signer(await this.reload());
    if (this.ageOf(loaded) >= reloadAfterMs && !this.failedLately()) void this.reload().catch(() => undefined);
    return this.signer(loaded);
  }

  /** The public keys of all that count. Errors as `current`. */
  async published(): Promise<ReplyOf<typeof jwks>> {
    const keys = countingKeys((await this.recent()).keys, this.clock.now());
    return { keys: keys.toReversed().map(publicKeyOf) };
  }

  /** The set as it is now. Errors as `current`. */
  async latest(): Promise<LoadedKeys> {
    await this.reloading?.catch(() => undefined);
    return this.reload();
  }

  /**
   * Stores another set, unless somebody else was faster.
   *
   * @param from what is to be replaced, as it was read
   * @returns whether it was stored
   */
  async replace(from: LoadedKeys, to: KeySet): Promise<boolean> {
    const sinceMs = this.clock.monotonic();
    const request = { name: secretName, previous: from.hash, value: formatKeySet(to) };
    const { value, replaced } = await this.bus.call(replaceSystemSecret, request, systemContext);
    if (value !== null) this.loaded = toLoaded(value, sinceMs);
    return replaced;
  }

  /** At most a second old, or while the vault is away what is known. */
  private async recent(): Promise<LoadedKeys> {
    const { loaded } = this;
    if (loaded === undefined || this.ageOf(loaded) >= oldestMs) return this.reload();
    if (this.ageOf(loaded) < publishedAfterMs || this.failedLately()) return loaded;
    return this.reload().catch(() => loaded);
  }

  private reload(): Promise<LoadedKeys> {
    this.reloading ??= this.load().finally(() => (this.reloading = undefined));
    return this.reloading;
  }

  private async load(): Promise<LoadedKeys> {
    const sinceMs = this.clock.monotonic();
    try {
      const { value } = await this.bus.call(readSystemSecret, { name: secretName }, systemContext);
      this.loaded = toLoaded(value ?? (await this.create()), sinceMs);
      await this.forgetOld(this.loaded);
      return this.loaded;
    } catch (error) {
      this.failedMs = this.clock.monotonic();
      this.logger.warn('the signing keys could not be read', { cause: String(error) });
      throw error;
    }
  }

  private async create(): Promise<string> {
    const now = this.clock.now();
    const made = formatKeySet([await makeKey(now, now)]);
    const { value } = await this.bus.call(keepSystemSecret, { name: secretName, value: made }, systemContext);
    return value;
  }

  /** Takes keys that count no more out of the vault. Not done now, it is done next time. */
  private async forgetOld(loaded: LoadedKeys): Promise<void> {
    const counting = countingKeys(loaded.keys, this.clock.now());
    if (counting.length === loaded.keys.length) return;
    await this.replace(loaded, counting).catch((error: unknown) => {
      this.logger.warn('an old signing key could not be removed', { cause: String(error) });
    });
  }

  private async signer({ keys }: LoadedKeys): Promise<SigningKey> {
    const { kid, x, y, d } = signerOf(keys, this.clock.now());
    const known = this.imported.get(kid);
    if (known !== undefined) return { kid, privateKey: await known };
    this.imported.clear();
    const importing = importPrivateKey({ kty: 'EC', crv: 'P-256', x, y, d });
    this.imported.set(kid, importing);
    return { kid, privateKey: await importing };
  }

  private ageOf({ sinceMs }: LoadedKeys): number {
    return this.clock.monotonic() - sinceMs;
  }

  private failedLately(): boolean {
    return this.clock.monotonic() - this.failedMs < reloadAfterMs;
  }
}

function toLoaded(value: string, sinceMs: number): LoadedKeys {
  return { keys: parseKeySet(value), hash: hashKey(value), sinceMs };
}

async function importPrivateKey(jwk: Parameters<typeof importJWK>[0]): Promise<CryptoKey> {
  const key = await importJWK(jwk, accessToken.algorithm);
  if (key instanceof Uint8Array) throw new TypeError('the stored key is not a key pair');
  return key;
}
