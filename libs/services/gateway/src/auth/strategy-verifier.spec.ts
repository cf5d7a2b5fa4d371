import { expect, it } from '@jest/globals';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { strategyVerifier } from './strategy-verifier.ts';

type Done = (error: Error | null, user?: string | false, info?: string) => void;

/** Verifies keys when the test says so, by what the key is. */
function verifier() {
  const waiting: (() => void)[] = [];
  const strategy = new HeaderAPIKeyStrategy({ header: 'X-Key', prefix: '' }, false, (key: string, done: Done) => {
    waiting.push(() => {
      if (key === 'broken') done(new Error('no database'));
      else if (key === 'unknown') done(null, false, 'who?');
      else done(null, `owner of ${key}`);
    });
  });
  const verify = strategyVerifier<string>(strategy, (info) => new Error(`refused: ${String(info)}`));
  const ask = (key?: string) => verify({ headers: key === undefined ? {} : { 'x-key': key } });
  return {
    ask,
    decide: () =>
      waiting
        .splice(0)
        .toReversed()
        .forEach((answer) => answer()),
  };
}

it('gives each of several requests its own verdict', async () => {
  const { ask, decide } = verifier();
  const verdicts = Promise.allSettled([ask('a'), ask('unknown'), ask('b'), ask('broken')]);
  decide();
  expect(await verdicts).toEqual([
    { status: 'fulfilled', value: 'owner of a' },
    { status: 'rejected', reason: new Error('refused: who?') },
    { status: 'fulfilled', value: 'owner of b' },
    { status: 'rejected', reason: new Error('no database') },
  ]);
});

it('rejects what the strategy itself refuses', async () => {
  await expect(verifier().ask()).rejects.toThrow('refused: ');
});
