import type { SettingsReport } from '@flowkeep/config';
import type { Logger } from '@flowkeep/telemetry';

/** Something that was started and can be stopped. */
export interface Running {
  stop(): Promise<void>;
}

/** Exit code for a start that can't succeed until somebody changes something. */
const misconfigured = 2;

/**
 * Runs a program until it is told to stop (SIGINT, SIGTERM, or its launcher gone). A failed start is one clear line on
 * standard error and exit code 2. Told while it still starts, it stops as soon as it has; a second signal ends it at once.
 */
export async function runUntilStopped(start: () => Promise<Running>): Promise<void> {
  let running: Running | undefined;
  const signals = { count: 0 };
  const stop = () => {
    if (signals.count++ > 0) process.exit(1);
    if (running !== undefined) end(running);
  };
  const end = (started: Running) => {
    started.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (process.send !== undefined) process.on('disconnect', stop);
  try {
    running = await start();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(misconfigured);
  }
  // Told to stop before it had started: then it stops in order too.
  if (signals.count > 0) end(running);
}

/** Tells the operator which foreign names were used and what was ignored. */
export function logSettingsReport(logger: Logger, { aliasesUsed, warnings }: SettingsReport): void {
  if (aliasesUsed.length > 0) logger.info(`settings taken from other names: ${aliasesUsed.join(', ')}`);
  for (const warning of warnings) logger.warn(warning);
}

/** A failure nobody caught is a bug: it is logged, and the process ends so that its supervisor starts a clean one. */
export function endOnUncaughtFailure(logger: Logger & { flush(): Promise<void> }): void {
  const end = (kind: string) => (error: unknown) => {
    logger.error(`${kind}; ending`, { error, stack: error instanceof Error ? error.stack : undefined });
    void logger.flush().finally(() => process.exit(1));
  };
  process.on('uncaughtException', end('uncaught exception'));
  process.on('unhandledRejection', end('unhandled rejection'));
}
