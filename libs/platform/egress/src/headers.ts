/** Headers that say who asks, besides those whose names sound like it. */
const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'www-authenticate',
]);

const credentialWords = /key|token|secret|auth|credential|password|session|signature/i;

/** Headers that describe a body. */
const bodyHeaders = ['content-length', 'content-type', 'content-encoding', 'content-language', 'content-location'];

/** Takes out what the next host must not see: credentials are for whom they were sent to. */
export function dropCredentials(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (credentialHeaders.has(name) || credentialWords.test(name)) headers.delete(name);
  }
}

export function dropBody(headers: Headers): void {
  for (const name of bodyHeaders) headers.delete(name);
}
