export { KeysPage } from './keys-page.ts';
