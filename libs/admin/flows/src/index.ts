export { FlowsPage } from './flows-page.ts';
