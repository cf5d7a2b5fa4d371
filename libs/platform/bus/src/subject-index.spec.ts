import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SubjectIndex } from './subject-index.ts';

/** The rule itself, word by word. */
function matches([first, ...patterns]: readonly string[], [part, ...parts]: readonly string[]): boolean {
  if (first === undefined || part === undefined) return first === part;
  if (first === '>') return true;
  return (first === '*' || first === part) && matches(patterns, parts);
}

const part = fc.constantFrom('a', 'b', 'c');
const subjects = fc.array(part, { minLength: 1, maxLength: 5 });
const patterns = fc
  .tuple(fc.array(fc.oneof(part, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, open]) => (open ? [...parts, '>'] : parts));

it('finds what the rule says, also after patterns come and go', () => {
  fc.assert(
    fc.property(
      fc.array(patterns),
      fc.array(patterns),
      fc.array(subjects, { minLength: 1 }),
      (first, second, asked) => {
        const index = new SubjectIndex<number>();
        const all = [...first, ...second];
        const expectNow = (from: number, to: number) => {
          for (const subject of asked) {
            const expected = [...all.keys()].filter(
              (at) => at >= from && at < to && matches(all[at] as string[], subject),
            );
            expect(index.find(subject.join('.')).toSorted((a, b) => a - b)).toEqual(expected);
          }
        };
        first.forEach((pattern, at) => index.add(pattern.join('.'), at));
        expectNow(0, first.length);
        second.forEach((pattern, at) => index.add(pattern.join('.'), first.length + at));
        expectNow(0, all.length);
        first.forEach((pattern, at) => index.remove(pattern.join('.'), at));
        expectNow(first.length, all.length);
      },
    ),
  );
});
