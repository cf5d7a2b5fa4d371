import type { ServiceName, variableSources } from '@flowkeep/contracts';
import { CredentialEntity, placeOf as credentialPlace } from '../credentials/credential.entity.ts';
import type { DataKey } from '../data-keys/data-keys.ts';
import { FlowSecretEntity, placeOf as flowSecretPlace } from '../flow-secrets/flow-secret.entity.ts';
import { placeOf as systemSecretPlace, SystemSecretEntity } from '../system-secrets/system-secret.entity.ts';
import { associated, fingerprintOf } from '../values.ts';
import { VariableEntity } from '../variables/variable.entity.ts';
import { placeOf as variablePlace } from '../variables/variable-view.ts';

/** A row with a value in it, with what its table needs to say where the value belongs. */
export interface SealedRow {
  readonly id: string;
  readonly data_key_id: string;
  readonly ciphertext: string;
  readonly workspace_id: string;
  readonly flow_id: string;
  readonly source: (typeof variableSources)[number];
  readonly service: ServiceName;
  readonly name: string;
}

type Place = readonly (string | number)[];

/** A table whose rows hold values that are encrypted with data keys. */
export interface SealedTable {
  readonly name: string;
  /** Columns that say where a value belongs. */
  readonly columns: readonly string[];
  /** What the value of a row is bound to when it is encrypted with this data key. */
  readonly placeOf: (row: SealedRow, dataKeyId: string) => Place;
  /** What other columns hold that comes from value and key. */
  readonly derived: Readonly<Record<string, (dataKey: DataKey, value: Uint8Array) => string>>;
}

/** Every such table; a test compares the list with the entities. */
export const sealedTables: readonly SealedTable[] = [
  {
    name: VariableEntity.meta.tableName,
    columns: ['workspace_id', 'source'],
    placeOf: (row, dataKeyId) => associated(row.workspace_id, variablePlace(row), dataKeyId),
    derived: { fingerprint: fingerprintOf },
  },
  {
    name: CredentialEntity.meta.tableName,
    columns: ['workspace_id'],
    placeOf: (row, dataKeyId) => associated(row.workspace_id, credentialPlace(row), dataKeyId),
    derived: { fingerprint: fingerprintOf },
  },
  {
    name: FlowSecretEntity.meta.tableName,
    columns: ['workspace_id', 'flow_id'],
    placeOf: (row, dataKeyId) =>
      associated(row.workspace_id, flowSecretPlace({ flowId: row.flow_id, id: row.id }), dataKeyId),
    derived: {},
  },
  {
    name: SystemSecretEntity.meta.tableName,
    columns: ['service', 'name'],
    placeOf: (row, dataKeyId) => systemSecretPlace({ ...row, dataKeyId }),
    derived: {},
  },
];
