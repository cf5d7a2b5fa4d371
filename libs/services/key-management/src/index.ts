export { keyManagementDatabase } from './database.ts';
export { startKeyManagement } from './start-key-management.ts';
