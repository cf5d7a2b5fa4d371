/**
 * Which secrets a text has in it: as they are, escaped in JSON, percent-encoded, in hex, and in base64 wherever in the
 * encoded bytes they begin.
 *
 * @param secrets by what each of them is
 */
export function findSecrets(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((before) => {
      const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
      const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((shifted.length * 8) / 6)];
      return [shifted.toString('base64').slice(from, to), shifted.toString('base64url').slice(from, to)];
    }),
  ];
}
