import { addressMatcher, type CredentialFacts, DomainError, type ErrorCode } from '@flowkeep/contracts';

/** Made once per set of facts: facts are replaced, never changed. */
const matchers = new WeakMap<CredentialFacts, (address: string) => boolean>();

/**
 * Decides from facts whether a key counts now and from here.
 *
 * @param nowMs milliseconds since 1970
 * @param address where the request came from; null leaves that open
 * @returns null when it does
 */
export function keyVerdict(key: CredentialFacts, nowMs: number, address: string | null): ErrorCode | null {
  if (!key.enabled) return 'key_disabled';
  if (key.expiresAt !== null && key.expiresAt <= nowMs) return 'key_expired';
  if (key.secretValidUntil !== null && key.secretValidUntil <= nowMs) return 'key_expired';
  if (key.notBefore !== null && key.notBefore > nowMs) return 'key_not_yet_valid';
  if (address !== null && key.addresses.length > 0 && !isAllowed(key, address)) return 'key_forbidden_address';
  return null;
}

/** @throws DomainError naming the verdict; to a client of another dialect the verdicts all read the same */
export function requireValidKey(key: CredentialFacts, nowMs: number, address: string): void {
  const code = keyVerdict(key, nowMs, address);
  if (code !== null) throw new DomainError(code);
}

function isAllowed(key: CredentialFacts, address: string): boolean {
  let matches = matchers.get(key);
  if (matches === undefined) {
    matches = addressMatcher(key.addresses);
    matchers.set(key, matches);
  }
  return matches(address);
}
