import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  changePassword,
  createUser,
  deleteUser,
  DomainError,
  listUsers,
  resetPassword,
  updateUser,
  type User,
} from '@flowkeep/contracts';
import { gatewayStand } from '../../gateway.spec-stand.ts';

const id = randomUUID();
const password = 'canary password';

const bob: User = {
  id,
  username: 'bob',
  email: null,
  profileImage: null,
  active: false,
  superuser: false,
  mustChangePassword: false,
  createdAt: 0,
  updatedAt: 0,
  lastLoginAt: null,
  optins: { dialog_dismissed: true },
};
const read = {
  id,
  username: 'bob',
  profile_image: null,
  store_api_key: null,
  is_active: false,
  is_superuser: false,
  create_at: '1970-01-01T00:00:00+00:00',
  updated_at: '1970-01-01T00:00:00+00:00',
  last_login_at: null,
  optins: { github_starred: false, dialog_dismissed: true, discord_clicked: false },
};

describe("Langflow's users", () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;
  let asked: unknown[];
  let own: string;

  beforeEach(async () => {
    stand = await gatewayStand();
    own = stand.facts.principal.userId;
    stand.facts.principal = { ...stand.facts.principal, superuser: true };
    asked = [];
    const record = (operation: string, request: object) => asked.push([operation, request]);
    stand.bus.answer(createUser, (request) => {
      record('create', request);
      return bob;
    });
    stand.bus.answer(listUsers, (request) => {
      record('list', request);
      return { total: 31, users: [bob] };
    });
    stand.bus.answer(updateUser, (request) => {
      record('update', request);
      return { user: bob, revision: 2 };
    });
    stand.bus.answer(resetPassword, (request) => {
      record('reset', request);
      return { userId: request.userId, revision: 3 };
    });
    stand.bus.answer(changePassword, (request) => {
      record('change', request);
      return { userId: own, revision: 1 };
    });
    stand.bus.answer(deleteUser, (request) => {
      record('delete', request);
      return { userId: request.userId, changed: [{ userId: request.userId, revision: 2 }] };
    });
  });

  afterEach(() => stand.stop());

  async function ask(method: string, path: string, body?: object) {
    const response = await stand.fetch(`/api/v1/users${path}`, {
      method,
      headers: { authorization: `Bearer ${stand.token()}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return [response.status, text === '' ? null : (JSON.parse(text) as unknown)] as const;
  }

  it('are made from name and password; whatever else is sent is dropped', async () => {
    const body = { username: 'bob', password, is_superuser: true, is_active: true, optins: { github_starred: true } };
    expect(await ask('POST', '/', body)).toEqual([201, read]);
    const made = { username: 'bob', password, email: null, superuser: false, optins: { github_starred: true } };
    expect(asked).toEqual([['create', made]]);
    stand.bus.answer(createUser, () => {
      throw new DomainError('username_taken');
    });
    expect(await ask('POST', '/', body)).toEqual([400, { detail: 'This username is unavailable.' }]);
    const [status, refused] = await ask('POST', '/', { username: 'bob', password: 'short' });
    expect([status, JSON.stringify(refused)]).toEqual([422, expect.stringContaining('"password"')]);
    expect(JSON.stringify(refused)).not.toContain('short');
  });

  it('are listed page by page', async () => {
    expect(await ask('GET', '/?skip=5&limit=1&search=bo')).toEqual([200, { total_count: 31, users: [read] }]);
    expect(asked).toEqual([['list', { skip: 5, take: 1, search: 'bo' }]]);
    await ask('GET', '/');
    expect(asked[1]).toEqual(['list', { skip: 0, take: 10, search: '' }]);
    expect((await ask('GET', '/?limit=0'))[0]).toBe(422);
  });

  it('are for superusers', async () => {
    stand.facts.principal = { ...stand.facts.principal, superuser: false };
    for (const [method, path, body] of [
      ['GET', '/'],
      ['POST', '/', { username: 'x', password }],
      ['DELETE', `/${id}`],
    ] as const) {
      expect(await ask(method, path, body)).toEqual([403, { detail: "The user doesn't have enough privileges" }]);
    }
    expect(asked).toEqual([]);
  });

  it('are changed in what is given', async () => {
    const body = { username: 'bobby', is_active: true, is_superuser: null, last_login_at: 'x', password, nothing: 1 };
    expect(await ask('PATCH', `/${id}`, body)).toEqual([200, read]);
    expect(asked).toEqual([
      ['update', { userId: id, username: 'bobby', active: true }],
      ['reset', { userId: id, password }],
    ]);
    expect((await ask('PATCH', `/${id}`, { is_active: 'soon' }))[0]).toBe(422);
  });

  it('are not changed by nothing', async () => {
    expect(await ask('PATCH', `/${id}`, { last_login_at: '2020' })).toEqual([304, null]);
    expect(asked).toEqual([]);
  });

  it('do not change their own password by the way', async () => {
    const refused = [400, { detail: "You can't change your password here" }];
    expect(await ask('PATCH', `/${own}`, { password })).toEqual(refused);
    stand.facts.principal = { ...stand.facts.principal, superuser: false, revision: 2 };
    await stand.clock.advance(5_000);
    expect(await ask('PATCH', `/${own}`, { username: 'x', password })).toEqual(refused);
    expect(asked).toEqual([]);
  });

  it('change their own password with the current one, or without shortly after signing in', async () => {
    expect((await ask('PATCH', `/${own}/reset-password`, { password, current_password: 'before' }))[0]).toBe(200);
    expect((await ask('PATCH', `/${own}/reset-password`, { password }))[0]).toBe(200);
    expect(asked).toEqual([
      ['change', { currentPassword: 'before', newPassword: password }],
      ['change', { currentPassword: null, newPassword: password }],
    ]);
    expect(await ask('PATCH', `/${id}/reset-password`, { password })).toEqual([
      400,
      { detail: "You can't change another user's password" },
    ]);
  });

  it('leave their flows to whoever deletes them', async () => {
    expect(await ask('DELETE', `/${id}`)).toEqual([200, { detail: 'User deleted' }]);
    expect(asked).toEqual([['delete', { userId: id, flows: 'transfer', heirId: null }]]);
    stand.bus.answer(deleteUser, () => {
      throw new DomainError('own_account', { message: "You can't delete your own user account" });
    });
    expect(await ask('DELETE', `/${own}`)).toEqual([400, { detail: "You can't delete your own user account" }]);
    expect((await ask('DELETE', '/me'))[0]).toBe(422);
  });
});
