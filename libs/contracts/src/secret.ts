import { z } from 'zod';

/** Schemas made by {@link secret}; membership is what makes a field secret. */
const secretSchemas = new WeakSet<z.ZodType>();

export const maskedValue = '••••••';

/**
 * Marks a contract field as secret: it may cross the bus, and every log, trace and wire tap shows a mask instead.
 *
 * @example secret(z.string().max(1024))
 */
export function secret<T extends z.ZodType>(schema: T): T {
  const marked = schema.clone();
  secretSchemas.add(marked);
  return marked;
}

/** Whether `schema` has a secret field anywhere inside. */
export function containsSecret(schema: z.ZodType): boolean {
  return secretPaths(schema).length > 0;
}

/**
 * Lists where the secrets of a value of `schema` are; `*` stands for any array index or record key.
 *
 * @example secretPaths(z.object({ user: z.object({ password: secret(z.string()) }) })) // [['user', 'password']]
 */
export function secretPaths(schema: z.ZodType, path: readonly string[] = []): string[][] {
  if (secretSchemas.has(schema)) return [[...path]];
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, field]) =>
      secretPaths(field, [...path, key]),
    );
  }
  if (schema instanceof z.ZodArray) return secretPaths(schema.element as z.ZodType, [...path, '*']);
  if (schema instanceof z.ZodRecord) return secretPaths(schema.valueType as z.ZodType, [...path, '*']);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return secretPaths(schema.unwrap() as z.ZodType, path);
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => secretPaths(option as z.ZodType, path));
  }
  return [];
}

/**
 * Copies `value` with every secret field of `schema` replaced by a mask.
 *
 * @param value a value of `schema`, parsed or not; parts that don't fit the schema are left as they are
 */
export function maskSecrets(schema: z.ZodType, value: unknown): unknown {
  return secretPaths(schema).reduce((masked, path) => maskAt(masked, path), value);
}

function maskAt(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value === undefined || value === null ? value : maskedValue;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    return items.map((item) => maskAt(item, rest));
  }
  const fields = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    fields.map(([name, field]) => [name, key === '*' || key === name ? maskAt(field, rest) : field]),
  );
}
