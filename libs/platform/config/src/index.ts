export * from './clock.ts';
export * from './env-file.ts';
export * from './library-environment.ts';
export * from './process-environment.ts';
export * from './settings.ts';
export { minPasswordLength, settingsTable } from './settings-table.ts';
export * from './data-dir.ts';
export * from './secret-key.ts';
export * from './first-user.ts';
