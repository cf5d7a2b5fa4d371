import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EnvelopeError, generateDataKey, open, seal } from './envelope.ts';

const place = ['system', 'id', 1] as const;

describe('an envelope', () => {
  it('opens with its key at its place, whatever is inside', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.array(fc.oneof(fc.string(), fc.nat())), (value, where) => {
        const key = generateDataKey();
        expect(open(key, seal(key, value, where), where)).toEqual(new Uint8Array(value));
      }),
    );
  });

  it('opens nowhere else', () => {
    const key = generateDataKey();
    const sealed = seal(key, Buffer.from('value'), place);
    for (const other of [
      ['system', 'id', 2],
      ['system', 'id'],
      ['systemid', 1],
      ['system', 'id', '1'],
      ['system', 'id,1'],
    ]) {
      expect(() => open(key, sealed, other)).toThrow(EnvelopeError);
    }
    expect(() => open(generateDataKey(), sealed, place)).toThrow(EnvelopeError);
  });

  it('does not open when any bit of it changed, or a part is missing', () => {
    const key = generateDataKey();
    const bytes = Buffer.from(seal(key, Buffer.from('value'), place), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => open(key, changed.toString('base64url'), place)).toThrow(EnvelopeError);
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(() => open(key, bytes.subarray(0, length).toString('base64url'), place)).toThrow(EnvelopeError);
    }
  });

  it('is another one each time', () => {
    const key = generateDataKey();
    const made = Array.from({ length: 100 }, () => seal(key, Buffer.from('value'), place));
    expect(new Set(made).size).toBe(100);
  });
});
