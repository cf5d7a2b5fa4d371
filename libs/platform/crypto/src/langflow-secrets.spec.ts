import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ForeignSecretError } from './foreign-secret-error.ts';
import { isLangflowToken, langflowKeys, openLangflowToken } from './langflow-secrets.ts';
import { MersenneTwister } from './mersenne-twister.ts';

const long = {
  secretKey: 'dGhpcy1pcy1hLXRlc3Qta2V5LTMyLWJ5dGVzLWxvbmc',
  token:
    'gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD_rrnLMpqG9dvn26lN7LYQe18P0ti7EiBIf-xOHY9_NK8aqpKv1m0wclNCJ5r5wmr7qFk_ynPf3oS2kzOKpV2oc=',
  value: 'sk-test-openai-key',
};
const seeded = {
  secretKey: 'secret',
  token: 'gAAAAABlU_EAIN8NNF2fCFGuWT-yg6UoWvIZiBvKdERdzVqWH86MI3l6Ii95o1h-YUPHEIjkCu4gUYqGjMB_OecIkA_Z6ytt1Q==',
  value: 'hello',
};
const digested = {
  secretKey: 'secret',
  token: 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0ODzML_3KUOYciHZQQ5jsfDo_bGnIKbDECsuzpGUizYmid6hmMPcvMjcPFBIbZU4Jdqg==',
  value: 'hello',
};
const digestedToo = {
  secretKey: 'short-key',
  token: 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD0-wV3AwKV3uyC-qTLaIuoe1xr9XyLtgVJUhZu3oBWKpvOi1usmY7NeQOxOd3wvfaQ==',
  value: 'hello',
};

/** A token as Langflow makes it. */
function tokenOf(key: Uint8Array, value: string | Uint8Array, first = 0x80): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv);
  const head = Buffer.concat([Buffer.of(first), Buffer.alloc(8), iv, cipher.update(value), cipher.final()]);
  const tag = createHmac('sha256', key.subarray(0, 16)).update(head).digest();
  const text = Buffer.concat([head, tag]).toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

const hex = (secretKey: string) => langflowKeys(secretKey).map((key) => Buffer.from(key).toString('hex'));

it("the generator is the one of its authors' test", () => {
  const generator = new MersenneTwister(Uint32Array.of(0x123, 0x234, 0x345, 0x456));
  const made = Array.from({ length: 1000 }, () => generator.uint32());
  expect(made.slice(0, 5)).toEqual([1067595299, 955945823, 477289528, 4107218783, 4228976476]);
  expect(made.at(-1)).toBe(3460025646);
});

describe('the keys of a Langflow', () => {
  it.each([
    [
      'secret',
      '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b',
      'b50121e2a79b10a870b15a8ff442e2368506c568a2f5f6de466b35bbe089f38e',
    ],
    [
      'short-key',
      'a2a06e3bebaa7627fbaa4ae64b468c62b6e1d1b60e1ccb7e7baaaad9070c8ee5',
      '52107c66e50af5ebc7ed6afe96e68ee7d8c15b10076f2de7946385eacaa43e8c',
    ],
    [
      'changeme',
      '057ba03d6c44104863dc7361fe4578965d1887360f90a0895882e58a6248fc86',
      '7f164c84646eb6acfd71c0369aae7c8c092e57a59091d48e897032ae657641e7',
    ],
    // Made with Python, for what the others do not reach: no character, other scripts, characters beyond 16 bits.
    [
      '',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'f574983463ddbbc038db57c69f01f799a1535ddc0c75634e31d12b824464a906',
    ],
    [
      'schlüssel 🔑',
      'eb0a7edd4bac92de1b688d64847614376914c61a4d13cf5f92068a14c03196b1',
      'b6ab8c26053f8837b6bf1b18652e4e5e1d3cef875db15f6636f2ec174351b551',
    ],
  ])('with the short secret key %j are those of both generations', (secretKey, since, before) => {
    expect(hex(secretKey)).toEqual([since, before]);
  });

  it('with a long secret key is what it encodes, read as leniently as Python does', () => {
    const expected = Buffer.from('this-is-a-test-key-32-bytes-long').toString('hex');
    const { secretKey } = long;
    const plain = Buffer.alloc(32, 0xff).toString('base64url');
    for (const spelling of [
      secretKey,
      `${secretKey}=`,
      `${secretKey}====`,
      `${secretKey.slice(0, 9)} \n${secretKey.slice(9)}`,
    ]) {
      expect(hex(spelling)).toEqual([expected]);
    }
    expect(hex(`é${secretKey}`)).toEqual([expected]);
    // Padding ends it: what follows does not count. Where it can't be padding it is passed over.
    expect(hex(`${secretKey}=AAAA`)).toEqual([expected]);
    expect(hex(`=${secretKey}`)).toEqual([expected]);
    expect(hex(plain.replaceAll('_', '/'))).toEqual(hex(plain));
  });

  it('with a long secret key that Langflow refuses are none', () => {
    for (const refused of ['a'.repeat(32), 'a'.repeat(40), 'f'.repeat(64), 'a'.repeat(45), '!'.repeat(44)]) {
      expect(langflowKeys(refused)).toEqual([]);
    }
  });

  it('count characters, not units of their storage', () => {
    expect(langflowKeys('🔑'.repeat(31))).toHaveLength(2);
    expect(langflowKeys('🔑'.repeat(32))).toEqual([]);
  });
});

describe('a token of a Langflow', () => {
  it.each([long, seeded, digested, digestedToo])('of $secretKey opens', ({ secretKey, token, value }) => {
    expect(isLangflowToken(token)).toBe(true);
    expect(openLangflowToken(langflowKeys(secretKey), token)).toBe(value);
    expect(openLangflowToken(langflowKeys(secretKey), `${token.replaceAll('=', '')}\n`)).toBe(value);
  });

  it('opens whatever is inside', () => {
    const [key] = langflowKeys(long.secretKey) as [Uint8Array];
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        expect(openLangflowToken([key], tokenOf(key, value))).toBe(value);
      }),
    );
  });

  it('fails in one way, whatever is wrong', () => {
    const keys = langflowKeys(long.secretKey);
    const [key] = keys as [Uint8Array];
    const bytes = Buffer.from(long.token, 'base64url');
    const wrong = [
      '',
      'plain text',
      `${long.token.slice(0, 20)}+${long.token.slice(21)}`,
      tokenOf(key, 'x', 0x81),
      tokenOf(key, Buffer.of(0xff, 0xfe)),
      tokenOf(langflowKeys('other')[0] as Uint8Array, 'x'),
    ];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      wrong.push(changed.toString('base64url'));
    }
    for (let length = 0; length < bytes.length; length++) wrong.push(bytes.subarray(0, length).toString('base64url'));
    for (const token of wrong) expect(() => openLangflowToken(keys, token)).toThrow(new ForeignSecretError());
    for (const none of [[], langflowKeys('other')]) {
      expect(() => openLangflowToken(none, long.token)).toThrow(new ForeignSecretError());
    }
  });
});
