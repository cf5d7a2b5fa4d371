import pino from 'pino';
import { type LogFields, Logger } from './logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface PinoLoggerOptions {
  /** The service whose lines these are. */
  readonly service: string;
  readonly level: LogLevel;
  /** Where lines go; standard output, written in the background, when absent. */
  readonly destination?: pino.DestinationStream;
}

/** Fields that could hold a credential by mistake: blanked whatever their value. */
const blanked = [
  'password',
  'secret',
  'apiKey',
  'api_key',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'headers',
];

/** JSON lines through pino. */
export class PinoLogger extends Logger {
  private readonly pino: pino.Logger;

  constructor({ service, level, destination }: PinoLoggerOptions) {
    super();
    const options: pino.LoggerOptions = {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...blanked, ...blanked.map((name) => `*.${name}`)], censor: '••••••' },
      serializers: { error: describeError },
    };
    this.pino = pino(options, destination ?? pino.destination({ dest: 1, sync: false, minLength: 0 }));
  }

  debug(message: string, fields: LogFields = {}): void {
    this.pino.debug(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.pino.info(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.pino.warn(fields, message);
  }

  error(message: string, fields: LogFields = {}): void {
    this.pino.error(fields, message);
  }

  /** Writes out what is still held back; the last thing a process does. */
  flush(): Promise<void> {
    return new Promise((resolve) => this.pino.flush(() => resolve()));
  }
}

/**
 * Name, code, message and, of our own errors, the internal detail. What PostgreSQL calls detail quotes rows, a stack repeats
 * messages, and a parser of JSON quotes what it could not read.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, code, detail } = error as Error & { code?: unknown; detail?: unknown };
  const said = error instanceof SyntaxError ? message.replace(/".*"/s, '"…"') : message;
  return { name, message: said, code, ...(name === 'DomainError' && { detail }) };
}
