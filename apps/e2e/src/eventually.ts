import { setTimeout as pause } from 'node:timers/promises';

/** Asks again, a few times a second, until the answer is as expected; the last answer otherwise. */
export async function eventually<T>(ask: () => Promise<T>, expected: (answer: T) => boolean, tries = 150): Promise<T> {
  let answer = await ask();
  for (let index = 1; index < tries && !expected(answer); index++) {
    await pause(100);
    answer = await ask();
  }
  return answer;
}
