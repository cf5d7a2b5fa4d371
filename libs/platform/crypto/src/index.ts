export * from './envelope.ts';
export * from './flowise-secrets.ts';
export { ForeignSecretError } from './foreign-secret-error.ts';
export * from './hkdf.ts';
export * from './invitation.ts';
export * from './key-form.ts';
export * from './langflow-secrets.ts';
export * from './password-hasher.ts';
export * from './refresh-token.ts';
