export { Shell } from './shell.ts';
