import { isJsonObject, type JsonValue } from './json.ts';

/** Texts, and values inside values, that are longer or deeper are not looked into. */
const limits = { textLength: 262_144, lineLength: 8192, depth: 50 } as const;

/**
 * Finds secrets in a value that nothing marks as one: connection strings that carry a password, and credentials in
 * tables of headers or environment variables. Prose, placeholders and names of variables are none.
 *
 * @param name what the value is called: in `headers` or `env` more names are a credential's
 * @returns every secret with the parts that are secret on their own, such as the password of a URL
 */
export function secretTexts(value: JsonValue, name: string): string[] {
  const found = new Set<string>();
  const walk = (part: JsonValue, called: string | null, inTable: boolean, depth: number): void => {
    if (depth > limits.depth) return;
    if (typeof part === 'string' || typeof part === 'number') {
      const text = String(part);
      const inside = parsed(text);
      if (inside !== undefined) walk(inside, called, inTable, depth + 1);
      else for (const secret of ofText(text, called, inTable)) found.add(secret);
    } else if (Array.isArray(part)) {
      for (const item of part) walk(item, called, inTable, depth + 1);
    } else if (isJsonObject(part)) {
      const nameCell = nameCells.find((cell) => typeof part[cell] === 'string' && Object.hasOwn(part, 'value'));
      for (const [key, item] of Object.entries(part)) {
        if (key === nameCell) continue;
        const name = key === 'value' && nameCell !== undefined ? (part[nameCell] as string) : key;
        walk(item, name, inTable || isTable(key), depth + 1);
      }
    }
  };
  walk(value, null, isTable(name), 0);
  return [...found];
}

/** Every text in a value that is secret as a whole, with the parts that are secret on their own. */
export function textsOfSecret(value: JsonValue): string[] {
  const found = new Set<string>();
  const walk = (part: JsonValue, depth: number): void => {
    if (depth > limits.depth) return;
    if (typeof part === 'string' && part !== '') found.add(part);
    else if (typeof part === 'number') found.add(String(part));
    else if (typeof part === 'object' && part !== null) for (const item of Object.values(part)) walk(item, depth + 1);
  };
  walk(value, 0);
  for (const secret of secretTexts(value, 'headers')) found.add(secret);
  return [...found];
}

/** What a row of a table calls the cell that names its `value`. */
const nameCells = ['key', 'name', 'header'] as const;

/** Values that are called like this are credentials wherever they stand. */
const credentialNames: ReadonlySet<string> = new Set(['authorization', 'proxyauthorization', 'xapikey', 'apikey']);
/** The ends of names that are a credential's in a table of headers. */
const credentialEnding = /(?:authorization|cookie|token|key|secret|passw(?:or)?d|pwd|credentials?|signature)$/i;
const tableName = /(?:headers?|env(?:ironment)?|auth(?:entication)?|cookies?)$/i;

const scheme = /^(?:bearer|basic|token|apikey|api-key|digest)(?:\s+|$)/i;

/** `{name}`, `${NAME}`, `$NAME`, `<name>`, `[name]`, `%s`, `%(name)s`, `***`, and several of them. */
const placeholder = /^(?:[\s:,;]*(?:\$?\{[^}]*\}+|\$\w+|<[^>]*>|\[[^\]]*\]|%\(\w+\)s|%s|\*|•|\.{3}|…))+$/u;
/** A name of a variable, in the way people write them. */
const variableName = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

function isTable(name: string): boolean {
  return tableName.test(name);
}

function isPlaceholder(text: string): boolean {
  const bare = text.trim().replace(scheme, '');
  return bare === '' || (bare.length <= 1024 && placeholder.test(bare));
}

function ofText(text: string, name: string | null, inTable: boolean): string[] {
  if (text.length > limits.textLength) return [];
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  if (name !== null && isCredential(name, text.trim(), inTable)) return credentialTexts(text.trim());
  if (lines.length === 1 && isTypedCredential(text.trim())) return credentialTexts(text.trim());
  if (/^\s*curl\s/i.test(text)) return ofCurl(text);
  return lines.flatMap((line) => {
    if (line.length > limits.lineLength) return [];
    const named = inTable ? ofNamedLine(line) : [];
    return named.length > 0 ? named : ofConnectionStrings(line);
  });
}

/** Whether a value of this name is a credential. Outside tables of headers it has to look like one too. */
function isCredential(name: string, text: string, inTable: boolean): boolean {
  if (isPlaceholder(text) || variableName.test(text)) return false;
  if (inTable) return credentialEnding.test(name);
  return credentialNames.has(name.toLowerCase().replaceAll(/[-_ ]/g, '')) && /^\S{8,}$/.test(text.replace(scheme, ''));
}

/** `Bearer …` and `Basic …`, whatever the name beside it. */
function isTypedCredential(text: string): boolean {
  const bare = text.replace(/^(?:bearer|basic)\s+/i, '');
  return bare !== text && /^\S{16,}$/.test(bare) && /\d/.test(bare) && !isPlaceholder(text);
}

/** A credential, and what follows its scheme. */
function credentialTexts(text: string): string[] {
  return [...new Set([text, text.replace(scheme, '')])];
}

/** `Name: value` and `NAME=value`. */
function ofNamedLine(line: string): string[] {
  const [, name, text] = /^([\w-]{1,128})\s*[:=]\s*(\S.*)$/.exec(line) ?? [];
  return name !== undefined && text !== undefined && isCredential(name, text, true) ? credentialTexts(text) : [];
}

/** What a command line of curl sends along. */
function ofCurl(text: string): string[] {
  if (text.length > 4 * limits.lineLength) return [];
  const headers = [...text.matchAll(/\s(?:-H|--header)[\s=]*(?:'([^']*)'|"([^"]*)")/g)];
  const users = [...text.matchAll(/\s(?:-u|--user)[\s=]+['"]?[^\s'":]*:([^\s'"]+)/g)];
  return [
    ...headers.flatMap(([, single, double]) => ofNamedLine(single ?? double ?? '')),
    ...users.flatMap(([, password = '']) => (isPlaceholder(password) ? [] : [password])),
    ...text.split(/[\s'"]+/).flatMap(ofConnectionStrings),
  ];
}

/** A line that is one connection string or several with commas between them. */
function ofConnectionStrings(line: string): string[] {
  if (!line.includes('://') && !line.includes('=')) return [];
  const whole = [...ofUrl(line), ...ofPairs(line)];
  return whole.length > 0 || !line.includes(',') ? whole : line.split(',').flatMap((part) => ofUrl(part.trim()));
}

const userInfo = /^(?:[a-z][a-z0-9+.-]*:){1,3}\/\/[^:/?#@]*:([^/?#]+)@./i;
const secretParameter = /^(?:passw(?:or)?d|pwd|api[-_]?key|access[-_]?token|client[-_]?secret)$/i;

/** A URL with a password before its host, or with a credential among its parameters. */
function ofUrl(line: string): string[] {
  if (/\s/.test(line)) return [];
  const password = userInfo.exec(line)?.[1];
  if (password !== undefined) return isPlaceholder(password) ? [] : [line, password, ...decoded(password)];
  if (!/^[a-z][a-z0-9+.:-]*:\/\/[^?]+\?./i.test(line)) return [];
  const values = line
    .slice(line.indexOf('?') + 1)
    .split(/[&;#]/)
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)
    .filter(([name, text]) => secretParameter.test(name) && !isPlaceholder(text))
    .map(([, text]) => text);
  return values.length === 0 ? [] : [line, ...values, ...values.flatMap(decoded)];
}

const secretSetting =
  /^(?:passw(?:or)?d|pwd|account ?key|shared ?access ?(?:key|signature)|shared ?secret|access ?key)$/i;

/** `Server=…;Password=…`, `host=… password=…` and the parameters of JDBC, when the whole line is nothing else. */
function ofPairs(line: string): string[] {
  const pairs = line.includes(';') ? line.split(';').map((part) => part.trim()) : words(line);
  const [first = ''] = pairs;
  const settings = (/^[a-z][a-z0-9+.:-]*:\/\/[^\s=]+$/i.test(first) ? pairs.slice(1) : pairs).filter(Boolean);
  if (!settings.every((pair) => /^[\w .-]{1,64}=/.test(pair))) return [];
  const values = settings
    .filter((pair) => secretSetting.test(pair.slice(0, pair.indexOf('=')).trim()))
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .map((text) => (/^'.*'$|^".*"$/.test(text) ? text.slice(1, -1) : text))
    .filter((text) => !isPlaceholder(text));
  return values.length === 0 ? [] : [line, ...values];
}

/** Splits at blanks outside single quotes. */
function words(line: string): string[] {
  const blank = '\u0000';
  return line
    .replaceAll(/'[^']*'/g, (quoted) => quoted.replaceAll(/\s/g, blank))
    .split(/\s+/)
    .map((word) => word.replaceAll(blank, ' '));
}

function decoded(text: string): string[] {
  try {
    const plain = decodeURIComponent(text);
    return plain === text ? [] : [plain];
  } catch {
    return [];
  }
}

/** What a text holds that is JSON itself; undefined for any other. */
function parsed(text: string): JsonValue | undefined {
  if (text.length > limits.textLength || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
