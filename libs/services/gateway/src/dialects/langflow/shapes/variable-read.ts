import type { Variable } from '@flowkeep/contracts';

export const variableTypes = ['Credential', 'Generic'] as const;

type VariableType = (typeof variableTypes)[number];

/** A variable as Langflow's `VariableRead`. */
export function variableRead({ id, name, kind, value, defaultFields }: Variable) {
  const type: VariableType = kind === 'generic' ? 'Generic' : 'Credential';
  return { id, name, type, value, default_fields: defaultFields };
}

/** Langflow's word for the kind; a credential where nothing is said. */
export function readKind(type: VariableType | null | undefined): Variable['kind'] {
  return type === 'Generic' ? 'generic' : 'credential';
}

/** Names that its clients keep for themselves. */
export function isHidden(name: string): boolean {
  return name.length > 4 && name.startsWith('__') && name.endsWith('__');
}
