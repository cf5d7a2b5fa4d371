export { keyManagementDatabase, startKeyManagement } from './tmp.ts';
