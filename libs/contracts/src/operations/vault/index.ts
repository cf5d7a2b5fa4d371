export * from './credentials.ts';
export * from './flow-secrets.ts';
export * from './resolve.ts';
export * from './rotation.ts';
export * from './system-secrets.ts';
export * from './variables.ts';
export * from './workspaces.ts';
