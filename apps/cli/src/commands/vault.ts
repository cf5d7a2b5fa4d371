import { parseArgs } from 'node:util';
import { processEnvironment, readSettings, SystemClock } from '@flowkeep/config';
import type { Rotation } from '@flowkeep/contracts';
import { readStoredRotation, rotateStoredVault } from '@flowkeep/credential-vault';
import { logLevelOf, readArguments } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';

const usage = 'usage: flowkeep vault rotate [--data-keys [--workspace ID] | --stopped] [--env-file F] [--distributed]';

/** How a rotation is called in sentences. */
const subjects = { 'secret-key': 'data keys', 'data-keys': 'values' } as const;

/**
 * Changes the keys of the vault from beginning to end, also while the server runs.
 *
 * @returns the exit code: 0 when everything is under the new key, 1 when something could not be opened
 * @throws Error with one line; what was done stays done, and the command goes on from there when it is given again
 */
export async function rotateVault(args: readonly string[]): Promise<0 | 1> {
  const { values } = parse(args);
  const dataKeys = values['data-keys'] === true;
  if ((values.workspace !== undefined && !dataKeys) || (values.stopped === true && dataKeys)) throw new Error(usage);
  const request = {
    kind: dataKeys ? ('data-keys' as const) : ('secret-key' as const),
    workspaceId: values.workspace ?? null,
    serverStopped: values.stopped === true,
  };
  const rotation = await onVault(values, (options) => rotateStoredVault(request, options));
  process.stdout.write(`${sentence(rotation)}\n`);
  return rotation.state === 'finished' && rotation.unreadable === 0 ? 0 : 1;
}

/** Tells which secret key the vault is under, and how far the last change of keys is. */
export async function vaultStatus(args: readonly string[]): Promise<void> {
  const { values } = parse(args);
  const { secretKey, rotation } = await onVault(values, readStoredRotation);
  const configured = secretKey.configured ? 'the one of the settings' : 'not the one of the settings';
  process.stdout.write(`The vault is under the secret key ${secretKey.id}, ${configured}.\n`);
  if (rotation !== null) process.stdout.write(`${sentence(rotation)}\n`);
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      'data-keys': { type: 'boolean' },
      workspace: { type: 'string' },
      stopped: { type: 'boolean' },
      distributed: { type: 'boolean' },
      'env-file': { type: 'string' },
    },
    allowPositionals: false,
  });
}

async function onVault<T>(
  { distributed, 'env-file': envFile }: Values,
  work: (options: Parameters<typeof readStoredRotation>[0]) => Promise<T>,
): Promise<T> {
  const sources = [processEnvironment(), ...readArguments(envFile === undefined ? [] : ['--env-file', envFile])];
  const mode = distributed === true ? 'distributed' : 'standalone';
  const { settings } = readSettings({ mode, service: 'vault', sources });
  const logger = new PinoLogger({ service: 'cli', level: logLevelOf(settings) });
  const result = await work({ settings, clock: new SystemClock(), logger });
  await logger.flush();
  return result;
}

function sentence({ kind, state, total, done, unreadable }: Rotation): string {
  const what = kind === 'secret-key' ? 'The change of the secret key' : 'The change of the data keys';
  const lost = unreadable === 0 ? '' : ` ${unreadable} could not be opened and stay as they are.`;
  const verb = state === 'running' ? 'goes on' : `is ${state}`;
  return `${what} ${verb}: ${done} of ${Math.max(total, done)} ${subjects[kind]} are under the new key.${lost}`;
}
