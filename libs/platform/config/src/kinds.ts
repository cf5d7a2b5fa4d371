/** How one setting is read from text. `parse` returns the value or throws an error whose message never has the value. */
export interface Kind<T> {
  readonly describe: string;
  parse(text: string): T;
}

export function text(options: { readonly maxLength?: number } = {}): Kind<string> {
  const maxLength = options.maxLength ?? 4096;
  return {
    describe: 'text',
    parse: (value) => {
      if (value.length > maxLength) throw new Error(`must be at most ${maxLength} characters`);
      return value;
    },
  };
}

/** Text that becomes part of a subject or a schema name. */
export function token(pattern: RegExp, describe: string): Kind<string> {
  return {
    describe,
    parse: (value) => {
      if (!pattern.test(value)) throw new Error(`must be ${describe}`);
      return value;
    },
  };
}

export function integer(min: number, max: number): Kind<number> {
  return {
    describe: `a whole number from ${min} to ${max}`,
    parse: (value) => {
      const parsed = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (!(parsed >= min && parsed <= max)) throw new Error(`must be a whole number from ${min} to ${max}`);
      return parsed;
    },
  };
}

/** true/false, yes/no, on/off or 1/0 in any case. */
export const flag: Kind<boolean> = {
  describe: 'true or false',
  parse: (value) => {
    const word = value.toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(word)) return true;
    if (['false', '0', 'no', 'off'].includes(word)) return false;
    throw new Error('must be true or false');
  },
};

/** A list with commas or one a line, or a JSON array of strings. */
export const list: Kind<readonly string[]> = {
  describe: 'a list with commas, or a JSON array',
  parse: (value) => {
    const items = value.startsWith('[') ? parseJsonList(value) : value.split(/[,\n]/);
    return items.map((item) => item.trim()).filter((item) => item !== '');
  },
};

export function oneOf<const T extends string>(...choices: readonly T[]): Kind<T> {
  return {
    describe: choices.join(', '),
    parse: (value) => {
      const found = choices.find((choice) => choice === value.toLowerCase());
      if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
      return found;
    },
  };
}

export function url(...schemes: readonly string[]): Kind<string> {
  const describe = `an address that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return {
    describe,
    parse: (value) => {
      const parsed = URL.canParse(value) ? new URL(value) : null;
      if (parsed === null || !schemes.includes(parsed.protocol.slice(0, -1))) throw new Error(`must be ${describe}`);
      return value;
    },
  };
}

function parseJsonList(value: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw new Error('starts with [ but is not a JSON array');
  }
  if (!Array.isArray(parsed) || !parsed.every((item) => typeof item === 'string')) {
    throw new Error('must be a JSON array of strings');
  }
  return parsed;
}
