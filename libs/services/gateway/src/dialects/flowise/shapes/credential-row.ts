import type { Credential, CredentialType, OpenedCredential } from '@flowkeep/contracts';

/** What Flowise's pages show, and send back, in place of a password (contract: Flowise 4.3). */
export const blankMark = '_FLOWISE_BLANK_07167752-1a71-43b1-bf8f-4f32252165db';

/** A credential as Flowise's row; theirs carries what is encrypted, ours never does. */
export function credentialRow({ id, name, type, workspaceId, createdAt, updatedAt }: Credential) {
  return {
    id,
    name,
    credentialName: type,
    createdDate: new Date(createdAt).toISOString(),
    updatedDate: new Date(updatedAt).toISOString(),
    workspaceId,
  };
}

/** Its fields: a mark for what nobody sees again. */
export function plainData({ fields }: OpenedCredential) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? blankMark]));
}

type GivenFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The fields that somebody filled in: neither empty nor the mark, which means that the stored one stays. */
export function givenFields(fields: GivenFields) {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === null || value === undefined || value === blankMark ? [] : [[name, value] as const],
    ),
  );
}

/** A kind of credential as Flowise's pages draw it. */
export function credentialDefinition({ name, label, fields }: CredentialType) {
  const inputs = fields.map(({ type, ...field }) => ({ ...field, type }));
  return { label, name, version: 1, inputs };
}
