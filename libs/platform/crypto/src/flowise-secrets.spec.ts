import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { openFlowiseCredential } from './flowise-secrets.ts';
import { ForeignSecretError } from './foreign-secret-error.ts';

const passphrase = randomBytes(24).toString('base64');

/** A value as `CryptoJS.AES.encrypt(text, passphrase).toString()` makes it. */
function encrypt(text: string | Uint8Array, secret = passphrase): string {
  const salt = randomBytes(8);
  const blocks: Buffer[] = [];
  for (let before = Buffer.alloc(0); blocks.length < 3; before = blocks.at(-1) as Buffer<ArrayBuffer>) {
    blocks.push(
      createHash('md5')
        .update(Buffer.concat([before, Buffer.from(secret), salt]))
        .digest(),
    );
  }
  const made = Buffer.concat(blocks);
  const cipher = createCipheriv('aes-256-cbc', made.subarray(0, 32), made.subarray(32, 48));
  return Buffer.concat([Buffer.from('Salted__'), salt, cipher.update(text), cipher.final()]).toString('base64');
}

it('a credential of Flowise opens with its key', () => {
  const fields = { openAIApiKey: 'sk-test', baseUrl: 'https://é.example', nested: { list: [1, null] } };
  const encrypted = encrypt(JSON.stringify(fields));
  expect(encrypted.startsWith('U2FsdGVkX1')).toBe(true);
  expect(openFlowiseCredential(passphrase, encrypted)).toEqual(fields);
  expect(openFlowiseCredential(passphrase, ` ${encrypted}\n`)).toEqual(fields);
});

it('a credential that OpenSSL encrypted in the same form opens', () => {
  // printf … | openssl enc -aes-256-cbc -md md5 -salt -base64 -pass pass:flowise-test
  const encrypted = 'U2FsdGVkX1/MyNHDf2yZOFozLjVT6MlTWDtFzEGvCBMeJ+i3cfu4nEzOptV6ppx2ZtjYKQ5HElJSQWQOokpL5g==';
  expect(openFlowiseCredential('flowise-test', encrypted)).toEqual({ openAIApiKey: 'sk-from-openssl' });
});

it('a credential that does not open says nothing about why', () => {
  const encrypted = encrypt('{"openAIApiKey":"sk-test"}');
  const bytes = Buffer.from(encrypted, 'base64');
  const wrong = [
    '',
    'not base64 at all',
    'FlowiseCredential_12',
    Buffer.from('Salted__').toString('base64'),
    Buffer.concat([Buffer.from('Salted!!'), bytes.subarray(8)]).toString('base64'),
    bytes.subarray(0, -1).toString('base64'),
    bytes.subarray(0, 16).toString('base64'),
    ...['"text"', '[1]', 'null', 'plain', ''].map((text) => encrypt(text)),
    encrypt(Buffer.of(0x7b, 0xff, 0x7d)),
  ];
  for (const value of wrong) expect(() => openFlowiseCredential(passphrase, value)).toThrow(new ForeignSecretError());
  // Padding alone would let about one wrong key in 256 pass.
  for (let tries = 0; tries < 2000; tries++) {
    expect(() => openFlowiseCredential(`other ${tries}`, encrypted)).toThrow(new ForeignSecretError());
  }
});
