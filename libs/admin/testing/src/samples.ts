import type { NativeReply } from '@flowkeep/contracts/http';

type Message = Extract<NativeReply<'streamRun'>, { type: 'message' }>['message'];

const id = (last: number) => `0198c0de-0000-7000-8000-${String(last).padStart(12, '0')}`;
const atMs = Date.UTC(2026, 0, 2, 3, 4);

export function sampleAccount(changes: Partial<NativeReply<'session'>['user']> = {}): NativeReply<'session'> {
  return {
    user: {
      id: id(1),
      username: 'ada',
      email: null,
      profileImage: null,
      active: true,
      superuser: true,
      createdAt: atMs,
      updatedAt: atMs,
      lastLoginAt: atMs,
      mustChangePassword: false,
      optins: {},
      ...changes,
    },
    workspaceId: id(2),
    permissions: [
      ...(['flows:create', 'flows:update', 'flows:delete', 'keys:create', 'keys:delete'] as const),
      ...(['variables:create', 'variables:update', 'variables:delete'] as const),
    ],
  };
}

export function sampleKey(changes: Partial<NativeReply<'createKey'>['key']> = {}): NativeReply<'createKey'>['key'] {
  return {
    id: id(3),
    name: 'billing',
    description: null,
    ownerId: id(1),
    createdBy: id(1),
    workspaceId: id(2),
    prefix: 'fk_AbCdE',
    last4: 'wXyZ',
    length: 51,
    permissions: ['runs:create'],
    scope: { flowIds: [], projectIds: [] },
    addresses: [],
    rateLimit: null,
    quota: null,
    enabled: true,
    notBefore: null,
    createdAt: atMs,
    updatedAt: atMs,
    revision: 0,
    expiresAt: null,
    lastUsedAt: null,
    lastAddress: null,
    lastFlow: null,
    totalUses: 0,
    previous: null,
    ...changes,
  };
}

export function sampleVariable(changes: Partial<NativeReply<'createVariable'>> = {}): NativeReply<'createVariable'> {
  return {
    id: id(4),
    workspaceId: id(2),
    ownerId: id(1),
    name: 'OPENAI_API_KEY',
    kind: 'credential',
    value: null,
    source: 'value',
    reference: null,
    defaultFields: [],
    origin: 'person',
    fingerprint: null,
    createdAt: atMs,
    updatedAt: atMs,
    lastUsedAt: null,
    ...changes,
  };
}

export function sampleFlow(changes: Partial<NativeReply<'getFlow'>> = {}): NativeReply<'getFlow'> {
  return {
    id: id(5),
    workspaceId: id(2),
    ownerId: id(1),
    projectId: null,
    dialect: 'langflow',
    name: 'Greeting',
    description: null,
    endpointName: 'greeting',
    access: 'private',
    component: false,
    webhook: false,
    version: 1,
    createdAt: atMs,
    updatedAt: atMs,
    document: {},
    ...changes,
  };
}

export function sampleMessage(changes: Partial<Message> = {}): Message {
  return {
    id: id(6),
    flowId: id(5),
    sessionId: 'session',
    at: atMs,
    sender: 'Machine',
    senderName: 'AI',
    text: '',
    files: [],
    error: false,
    source: null,
    icon: '',
    ...changes,
  };
}
