import { parseArgs } from 'node:util';
import { type Environment, readEnvFile } from '@flowkeep/config';

/**
 * Reads the command line of a server: `--env-file`, `--host`, `--port`, `--log-level`, `--backend-only`.
 *
 * @returns sources for the settings, to go after the process environment
 * @throws Error with one line for an unknown option or an unreadable file
 */
export function readArguments(args: readonly string[]): Environment[] {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'env-file': { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      'log-level': { type: 'string' },
      'backend-only': { type: 'boolean' },
    },
    allowPositionals: false,
  });
  const file = values['env-file'];
  return [
    file === undefined ? {} : readEnvFile(file),
    {
      FLOWKEEP_HOST: values.host,
      FLOWKEEP_PORT: values.port,
      FLOWKEEP_LOG_LEVEL: values['log-level'],
      FLOWKEEP_BACKEND_ONLY: values['backend-only'] === true ? 'true' : undefined,
    },
  ];
}
