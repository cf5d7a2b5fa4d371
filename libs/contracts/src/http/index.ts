export { nativePaths, type NativeMethod, type NativeRouteName } from './paths.ts';
export type { Problem } from './problem.ts';
export type { NativeInput, NativeReply } from './routes.ts';
