import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { processEnvironment } from '@flowkeep/config';

/** What some tests need besides Node. */
export type Part = 'nats' | 'postgres' | 'chromium';

/** The PostgreSQL server that tests use. */
export function testPostgresqlUrl(): string {
  return processEnvironment()['FLOWKEEP_TEST_DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
}

/**
 * Which of these parts this machine lacks: no `nats-server` or Chromium on the PATH, no PostgreSQL that answers.
 *
 * @throws Error when `FLOWKEEP_TEST_REQUIRE` (a list with commas) names one of the missing
 */
export async function missingParts(parts: readonly Part[]): Promise<Part[]> {
  const isHere: Record<Part, () => boolean | Promise<boolean>> = {
    nats: () => programPath('nats-server') !== null,
    postgres: postgresqlReachable,
    chromium: () => chromiumPath() !== null,
  };
  const missing: Part[] = [];
  for (const part of parts) if (!(await isHere[part]())) missing.push(part);
  const required = (processEnvironment()['FLOWKEEP_TEST_REQUIRE'] ?? '').split(',').map((name) => name.trim());
  const wanting = missing.filter((part) => required.includes(part));
  if (wanting.length > 0) throw new Error(`FLOWKEEP_TEST_REQUIRE asks for ${wanting.join(', ')}, which is not here`);
  return missing;
}

/** Where this machine has Chromium or Chrome; null without either. */
export function chromiumPath(): string | null {
  return programPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
}

/** The first of these programs that the PATH has. */
function programPath(...names: readonly string[]): string | null {
  const directories = (processEnvironment()['PATH'] ?? '').split(delimiter);
  const candidates = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function postgresqlReachable(): Promise<boolean> {
  const { hostname, port } = new URL(testPostgresqlUrl());
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 5432), timeout: 1_000 });
    const answer = (reachable: boolean) => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}
