import * as health from './health.ts';
import * as identity from './identity.ts';
import * as keys from './keys.ts';
import * as runner from './runner.ts';
import * as vault from './vault.ts';
import type { Event, Operation } from '../operation.ts';
import type { DataServiceName } from '../services.ts';

/** Everything one service can ask another. From this list come the broker's permissions and the tests' sweeps. */
export const operations = [
  health.identityHealth,
  health.keysHealth,
  health.vaultHealth,
  health.runnerHealth,
  identity.signIn,
  identity.refresh,
  identity.signOut,
  identity.principal,
  identity.jwks,
  identity.whoami,
  identity.changePassword,
  identity.appendAudit,
  identity.listAudit,
  identity.exportAudit,
  keys.verifyKey,
  keys.createKey,
  keys.listKeys,
  keys.deleteKey,
  keys.reportUsage,
  vault.readSystemSecret,
  vault.keepSystemSecret,
  vault.createVariable,
  vault.listVariables,
  vault.updateVariable,
  vault.deleteVariable,
  vault.importEnvironment,
  vault.keepFlowSecrets,
  vault.dropFlowSecrets,
  vault.resolve,
  runner.importFlows,
  runner.addExamples,
  runner.listFlows,
  runner.getFlow,
  runner.updateFlow,
  runner.deleteFlows,
  runner.run,
  runner.runStream,
] as const satisfies readonly Operation[];

/** Everything a service tells others. */
export const events = [
  identity.principalsChanged,
  keys.keysChanged,
  vault.secretsChanged,
] as const satisfies readonly Event[];

/** The only operations whose contract may have `secret()` fields; a test holds the list. */
export const operationsWithSecrets: readonly string[] = [
  'identity.signIn',
  'identity.refresh',
  'identity.signOut',
  'identity.changePassword',
  'keys.create',
  'vault.system',
  'vault.keepSystem',
  'vault.createVariable',
  'vault.listVariables',
  'vault.updateVariable',
  'vault.keepFlowSecrets',
  'vault.resolve',
  'runner.importFlows',
  'runner.updateFlow',
  'runner.run',
  'runner.runStream',
];

/** The operations one service must answer; its start fails while one has no handler. */
export function operationsOf(callee: DataServiceName): Operation[] {
  return operations.filter((operation) => operation.callee === callee);
}
