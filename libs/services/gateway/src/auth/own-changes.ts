import type { Facts } from './facts.ts';

interface Changed {
  readonly userId: string;
  readonly revision: number;
}

interface KeyChanged {
  readonly keyId: string;
  readonly revision: number;
}

const key = (facts: Facts, { keyId, revision }: KeyChanged) => facts.keys.changed(keyId, revision);
const person = (facts: Facts, { userId, revision }: Changed) => facts.principals.changed(userId, revision);
const people = (facts: Facts, reply: { readonly changed: readonly Changed[] }) =>
  reply.changed.forEach((changed) => person(facts, changed));

/** What replies say about changed facts: they count here before the answer is sent, elsewhere when the news arrives. */
const changes: Readonly<Record<string, (facts: Facts, reply: never) => void>> = {
  'keys.delete': key,
  'keys.deleteMany': (facts, { deleted }: { deleted: readonly KeyChanged[] }) =>
    deleted.forEach((changed) => key(facts, changed)),
  'keys.update': (facts, { id, revision }: { id: string; revision: number }) => key(facts, { keyId: id, revision }),
  'keys.rotate': (facts, reply: { key: { id: string; revision: number } }) =>
    key(facts, { keyId: reply.key.id, revision: reply.key.revision }),
  'keys.report': (facts, { disabled }: { disabled: KeyChanged | null }) => {
    if (disabled !== null) key(facts, disabled);
  },
  'identity.changePassword': person,
  'identity.resetPassword': person,
  'identity.deleteUser': people,
  'identity.endSession': person,
  'identity.endUserSessions': person,
  'identity.updateUser': (facts, { user, revision }: { user: { id: string }; revision: number }) =>
    person(facts, { userId: user.id, revision }),
  'identity.createWorkspace': people,
  'identity.updateWorkspace': people,
  'identity.switchWorkspace': person,
  'identity.updateMember': people,
  'identity.removeMember': person,
  'identity.acceptInvitation': people,
};

/** Makes a change that this gateway asked for count at once. */
export function applyOwnChange(facts: Facts, operation: string, reply: unknown): void {
  changes[operation]?.(facts, reply as never);
}
