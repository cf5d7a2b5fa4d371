export { PlaygroundPage } from './playground-page.ts';
