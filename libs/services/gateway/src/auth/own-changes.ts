import type { changePassword, deleteKey, ReplyOf } from '@flowkeep/contracts';
import type { Facts } from './facts.ts';

/** What replies say about changed facts: they count here before the answer is sent, elsewhere when the news arrives. */
const changes: Readonly<Record<string, (facts: Facts, reply: never) => void>> = {
  'keys.delete': (facts, { keyId, revision }: ReplyOf<typeof deleteKey>) => facts.keys.changed(keyId, revision),
  'identity.changePassword': (facts, { userId, revision }: ReplyOf<typeof changePassword>) =>
    facts.principals.changed(userId, revision),
};

/** Makes a change that this gateway asked for count at once. */
export function applyOwnChange(facts: Facts, operation: string, reply: unknown): void {
  changes[operation]?.(facts, reply as never);
}
