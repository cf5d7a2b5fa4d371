export * from './key-form.ts';
export * from './password-hasher.ts';
