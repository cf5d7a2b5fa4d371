import { randomBytes, randomUUID } from 'node:crypto';
import type { Target } from './installation.ts';
import type { Row, Store } from './store.ts';

/** Who holds the keys that are made. */
export interface Holder {
  readonly ownerId: string;
  readonly workspaceId: string;
}

const began = Date.now() - 3_600_000;

/** Whose key it is that the target came with. */
export async function holderOf({ urls, key }: Target): Promise<Holder> {
  const response = await fetch(`${urls[0] as string}/api/flowkeep/v1/keys`, { headers: { 'x-api-key': key } });
  const { keys } = (await response.json()) as { keys: [Holder] };
  return keys[0];
}

/** Adds keys of one person. They are never used: nobody knows them. */
export async function addKeys(store: Store, holder: Holder, count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await store.insert('keys', 'api_key', rowsOf(ids, keyRow(holder)));
  await store.insert(
    'keys',
    'key_usage',
    rowsOf(ids, (id) => ({ key_id: id, total_uses: 0 })),
  );
}

/** Adds people, each with a workspace and a flow of their own. */
export async function addPeople(store: Store, count: number): Promise<void> {
  const people = Array.from({ length: count }, () => randomUUID());
  const workspaces = new Map<string, string>(people.map((id) => [id, randomUUID()]));
  const workspaceOf = (id: string) => workspaces.get(id) as string;
  await store.insert(
    'identity',
    'workspace',
    rowsOf(people, (id, at) => ({
      id: workspaceOf(id),
      name: `Workspace ${at}`,
      owner_id: id,
      created_at: began,
    })),
  );
  await store.insert(
    'identity',
    'app_user',
    rowsOf(people, (id, at) => ({
      id,
      username: `person-${at}`,
      username_key: `person-${at}`,
      password_hash: 'none',
      active: true,
      superuser: false,
      default_workspace_id: workspaceOf(id),
      revision: 1,
      created_at: began,
      updated_at: began,
      optins: '{}',
      must_change_password: false,
      examples_pending: false,
    })),
  );
  await store.insert(
    'identity',
    'membership',
    rowsOf(people, (id) => ({
      workspace_id: workspaceOf(id),
      user_id: id,
      role: 'owner',
    })),
  );
  await store.insert(
    'runner',
    'flow',
    rowsOf(people, (id, at) => ({
      id: randomUUID(),
      workspace_id: workspaceOf(id),
      owner_id: id,
      dialect: 'langflow',
      name: `Flow ${at}`,
      access: 'private',
      component: false,
      webhook: false,
      version: 1,
      document: '{"data":{"nodes":[],"edges":[]}}',
      created_at: began,
      updated_at: began,
    })),
  );
}

function* rowsOf(ids: readonly string[], make: (id: string, at: number) => Row): Generator<Row> {
  for (const [at, id] of ids.entries()) yield make(id, at);
}

function keyRow({ ownerId, workspaceId }: Holder) {
  return (id: string, at: number): Row => ({
    id,
    workspace_id: workspaceId,
    owner_id: ownerId,
    created_by: ownerId,
    name: `Key ${at}`,
    name_lower: `key ${at}`,
    hash: randomBytes(32).toString('hex'),
    prefix: `fk_${randomBytes(4).toString('hex').slice(0, 5)}`,
    last4: randomBytes(2).toString('hex'),
    length: 53,
    permissions: ['*'],
    scope_flow_ids: [],
    scope_project_ids: [],
    enabled: true,
    created_at: began + at * 10,
    updated_at: began + at * 10,
    revision: 0,
  });
}
