/** Names and values that describe one log line; never a secret, never a request or response body. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging, one JSON line each. Services take it in their constructor; nothing else writes to the console. */
export abstract class Logger {
  abstract debug(message: string, fields?: LogFields): void;
  abstract info(message: string, fields?: LogFields): void;
  abstract warn(message: string, fields?: LogFields): void;
  abstract error(message: string, fields?: LogFields): void;
}

/** Says nothing; for tests. */
export class SilentLogger extends Logger {
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}
