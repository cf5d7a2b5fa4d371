export { VariablesPage } from './variables-page.ts';
