export * from './envelope.ts';
export * from './hkdf.ts';
export * from './key-form.ts';
export * from './password-hasher.ts';
export * from './refresh-token.ts';
