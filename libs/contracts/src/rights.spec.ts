import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CredentialFacts, type PrincipalFacts, workspaceRoles } from './facts.ts';
import {
  grantablePermissions,
  inertPermissions,
  permissionAliases,
  permissions,
  resolvePermission,
} from './permissions.ts';
import {
  effectiveRights,
  hasRight,
  includesRights,
  intersectRights,
  keyRights,
  listRights,
  mayOpenFlow,
  noRights,
  principalRights,
  rolePermissions,
  superuserPermissions,
  toRights,
  uniteRights,
} from './rights.ts';

const id = fc.uuid();
const names = fc.array(fc.constantFrom(...grantablePermissions, 'no:such', '', '__proto__', 'toString'));
const workspaces = ['w1', 'w2', 'w3'] as const;

const principals: fc.Arbitrary<PrincipalFacts> = fc.record({
  userId: id,
  username: fc.string(),
  active: fc.boolean(),
  superuser: fc.boolean(),
  defaultWorkspaceId: fc.constantFrom(...workspaces),
  memberships: fc.uniqueArray(
    fc.record({ workspaceId: fc.constantFrom(...workspaces), role: fc.constantFrom(...workspaceRoles) }),
    { selector: ({ workspaceId }) => workspaceId },
  ),
  sessions: fc.array(fc.record({ id, workspaceId: fc.constant(null) })),
  revision: fc.nat(),
});

function key(granted: readonly string[]): CredentialFacts {
  return {
    keyId: 'k',
    ownerId: 'u',
    workspaceId: 'w1',
    permissions: [...granted],
    scope: { flowIds: [], projectIds: [] },
    enabled: true,
    notBefore: null,
    expiresAt: null,
    addresses: [],
    rateLimit: null,
    quota: null,
    secret: 'current',
    secretValidUntil: null,
    revision: 0,
  };
}

describe('effective rights', () => {
  it('are never more than the holder has now, nor more than the key allows', () => {
    fc.assert(
      fc.property(principals, fc.constantFrom(...workspaces), names, (principal, workspace, granted) => {
        const rights = effectiveRights(principal, workspace, key(granted));
        expect(includesRights(principalRights(principal, workspace), rights)).toBe(true);
        expect(includesRights(keyRights(key(granted)), rights)).toBe(true);
      }),
    );
  });

  it('of a key that allows everything are the holder’s', () => {
    fc.assert(
      fc.property(principals, fc.constantFrom(...workspaces), (principal, workspace) => {
        expect(effectiveRights(principal, workspace, key(['*']))).toEqual(principalRights(principal, workspace));
      }),
    );
  });

  it('of an empty list, or of names that mean nothing here, are none', () => {
    fc.assert(
      fc.property(principals, fc.subarray([...inertPermissions, 'no:such', 'toString']), (principal, granted) => {
        expect(effectiveRights(principal, 'w1', key(granted))).toEqual(noRights);
      }),
    );
  });

  it('of somebody inactive are none, superuser or not', () => {
    fc.assert(
      fc.property(principals, names, (principal, granted) => {
        expect(effectiveRights({ ...principal, active: false }, 'w1', key(granted))).toEqual(noRights);
      }),
    );
  });

  it('in a workspace without a role are a superuser’s own powers at most', () => {
    fc.assert(
      fc.property(principals, (principal) => {
        const rights = effectiveRights({ ...principal, memberships: [] }, 'w1');
        expect(listRights(rights).toSorted()).toEqual(
          principal.active && principal.superuser ? [...superuserPermissions].toSorted() : [],
        );
      }),
    );
  });
});

describe('rights as a set', () => {
  const sets = fc.subarray([...permissions]);

  it('keep what is put in', () => {
    fc.assert(
      fc.property(sets, (granted) => {
        const rights = toRights(granted);
        expect(listRights(rights)).toEqual(granted);
        for (const word of rights) expect(word >= 0 && Number.isSafeInteger(word)).toBe(true);
      }),
    );
  });

  it('intersect and unite as sets do', () => {
    fc.assert(
      fc.property(sets, sets, (left, right) => {
        const both = listRights(intersectRights(toRights(left), toRights(right)));
        const either = listRights(uniteRights(toRights(left), toRights(right)));
        expect(both).toEqual(left.filter((name) => right.includes(name)));
        expect(either).toEqual(permissions.filter((name) => left.includes(name) || right.includes(name)));
      }),
    );
  });

  it('of a shorter bitmap lack what it does not have', () => {
    expect(permissions.some((name) => hasRight([], name))).toBe(false);
    expect(includesRights([], toRights([permissions[0]]))).toBe(false);
    expect(includesRights([], toRights(['audit:view']))).toBe(false);
  });
});

describe('permission names', () => {
  it('each alias means something, and never the power of superusers alone by accident', () => {
    const powers = new Set<string>(superuserPermissions);
    const meantTo = /^(workspace|loginActivity)/;
    for (const [alias, meaning] of Object.entries(permissionAliases)) {
      expect(meaning.length).toBeGreaterThan(0);
      for (const name of meaning) {
        expect(permissions).toContain(name);
        if (powers.has(name)) expect(alias).toMatch(meantTo);
      }
    }
  });

  it('an alias that is also a native name means that permission', () => {
    for (const name of permissions) {
      expect(resolvePermission(name)).toEqual([name]);
      if (Object.hasOwn(permissionAliases, name)) expect(permissionAliases[name]).toEqual([name]);
    }
  });

  it('inert names are neither permissions nor aliases', () => {
    for (const name of inertPermissions) expect(resolvePermission(name)).toEqual([]);
  });

  it('each role has all that the one below has', () => {
    const rising = workspaceRoles.toReversed();
    for (const [index, role] of rising.entries()) {
      const below = rising[index - 1];
      if (below !== undefined) {
        expect(includesRights(toRights(rolePermissions[role]), toRights(rolePermissions[below]))).toBe(true);
      }
    }
  });
});

describe('a key’s scope', () => {
  const flow = { id: 'f', workspaceId: 'w1', projectId: 'p' };

  it.each([
    [undefined, true],
    [{ flowIds: [], projectIds: [] }, true],
    [{ flowIds: ['f'], projectIds: [] }, true],
    [{ flowIds: [], projectIds: ['p'] }, true],
    [{ flowIds: ['g'], projectIds: [] }, false],
    [{ flowIds: [], projectIds: ['q'] }, false],
  ])('%j opens the flow: %s', (scope, opens) => {
    expect(mayOpenFlow({ workspaceId: 'w1', scope }, flow)).toBe(opens);
    expect(mayOpenFlow({ workspaceId: 'w2', scope }, flow)).toBe(false);
  });

  it('of a project does not open flows of none', () => {
    const scope = { flowIds: ['g'], projectIds: ['p'] };
    expect(mayOpenFlow({ workspaceId: 'w1', scope }, { ...flow, projectId: null })).toBe(false);
  });
});
