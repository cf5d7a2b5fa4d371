/**
 * Method and path of every native route. Plain data without a schema library, so that the portal carries nothing else;
 * `routes.ts` says what goes in and comes out.
 */
export const nativePaths = {
  session: { method: 'GET', path: '/api/flowkeep/v1/session' },
  changePassword: { method: 'POST', path: '/api/flowkeep/v1/session/password' },
  listKeys: { method: 'GET', path: '/api/flowkeep/v1/keys' },
  createKey: { method: 'POST', path: '/api/flowkeep/v1/keys' },
  deleteKey: { method: 'DELETE', path: '/api/flowkeep/v1/keys/:keyId' },
  listVariables: { method: 'GET', path: '/api/flowkeep/v1/variables' },
  createVariable: { method: 'POST', path: '/api/flowkeep/v1/variables' },
  updateVariable: { method: 'PATCH', path: '/api/flowkeep/v1/variables/:variableId' },
  deleteVariable: { method: 'DELETE', path: '/api/flowkeep/v1/variables/:variableId' },
  listFlows: { method: 'GET', path: '/api/flowkeep/v1/flows' },
  importFlows: { method: 'POST', path: '/api/flowkeep/v1/flows/import' },
  getFlow: { method: 'GET', path: '/api/flowkeep/v1/flows/:flowId' },
  deleteFlow: { method: 'DELETE', path: '/api/flowkeep/v1/flows/:flowId' },
  run: { method: 'POST', path: '/api/flowkeep/v1/flows/:flow/runs' },
  streamRun: { method: 'POST', path: '/api/flowkeep/v1/flows/:flow/runs/stream' },
  listAudit: { method: 'GET', path: '/api/flowkeep/v1/audit' },
  exportAudit: { method: 'GET', path: '/api/flowkeep/v1/audit/export' },
} as const satisfies Record<string, { readonly method: NativeMethod; readonly path: `/api/flowkeep/v1/${string}` }>;

export type NativeMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export type NativeRouteName = keyof typeof nativePaths;
