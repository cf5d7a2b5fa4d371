export * from './audit.ts';
export * from './key-holders.ts';
export * from './sessions.ts';
export * from './signing-keys.ts';
export * from './users.ts';
export * from './workspaces.ts';
