import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@flowkeep/contracts';
import { PinoLogger } from './pino-logger.ts';

function capture(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, logger: new PinoLogger({ service: 'test', level, destination }) };
}

describe('the logger', () => {
  it('writes one JSON line with service, level and fields', () => {
    const { lines, logger } = capture();
    logger.info('hello', { count: 3 });
    expect(lines).toMatchObject([{ service: 'test', level: 'info', msg: 'hello', count: 3 }]);
  });

  it('leaves out what is below its level', () => {
    const { lines, logger } = capture();
    logger.debug('hidden');
    expect(lines).toEqual([]);
  });

  it('blanks whatever is named like a credential, one level down too', () => {
    const { lines, logger } = capture();
    logger.warn('careful', { password: 'canary', request: { authorization: 'canary', headers: { a: 'canary' } } });
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('says what an error is, without its stack', () => {
    const { lines, logger } = capture();
    logger.error('failed', { error: new DomainError('unavailable', { detail: 'no answer' }) });
    expect(lines[0]?.['error']).toMatchObject({ name: 'DomainError', code: 'unavailable', detail: 'no answer' });
    expect(JSON.stringify(lines)).not.toContain('.spec.ts');
  });

  it('leaves out what others quote in their errors', () => {
    const { lines, logger } = capture();
    const ofDatabase = Object.assign(new Error('null value in column'), { detail: 'Failing row contains (canary).' });
    logger.error('failed', { error: ofDatabase });
    for (const text of ['canary', '{"a": canary}', '["canary\n"']) {
      try {
        JSON.parse(text);
      } catch (error) {
        logger.error('failed', { error });
      }
    }
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatchObject({ error: { message: 'null value in column' } });
    expect(JSON.stringify(lines)).not.toContain('canary');
  });
});
