/**
 * Makes sure that a value is JSON and nothing else, freezes it all the way down, and estimates how long its text is.
 * Both transports do it to everything they send, so that what works in one process works over a wire.
 *
 * @returns the estimated length in bytes; for plain text it is exact
 * @throws TypeError naming the path of what is no JSON
 */
export function seal(value: unknown, path = '$'): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2;
    case 'boolean':
      return 5;
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${path} is not a finite number`);
      return 8;
    case 'object':
      return value === null ? 4 : sealObject(value, path);
    default:
      throw new TypeError(`${path} is of type ${typeof value}, which JSON does not have`);
  }
}

function sealObject(value: object, path: string): number {
  let bytes = 2;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) bytes += 1 + seal(value[index], `${path}[${index}]`);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`${path} is not a plain object`);
    const record = value as Record<string, unknown>;
    for (const key in record) {
      const field = record[key];
      // An absent field, as in JSON text.
      if (field === undefined) continue;
      bytes += key.length + 4 + seal(field, `${path}.${key}`);
    }
  }
  Object.freeze(value);
  return bytes;
}
