import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { databaseUrlOf, loadSecretKey, readSettings } from '@flowkeep/config';
import { serviceFolders, type ServiceName, serviceNames } from '@flowkeep/contracts';
import { requireStrongSecretKey } from '@flowkeep/crypto';
import { programs } from './container-programs.ts';

type Secret = string | { readonly source: string; readonly target: string };

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets: readonly Secret[];
}

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');
const compose = parse(read('docker/compose.yaml'), { merge: true }) as {
  services: Record<string, Container>;
  networks: Record<string, object>;
  secrets: Record<string, { file: string }>;
};
const containers = Object.entries(compose.services).map(([name, container]) => ({ name, container }));
const dataServices = serviceNames.filter((service) => service !== 'gateway');
const containerOf = (service: ServiceName) => compose.services[serviceFolders[service]] as Container;
const sourcesOf = ({ secrets }: Container) =>
  secrets.map((secret) => (typeof secret === 'string' ? secret : secret.source)).sort();
const holdersOf = (secret: string) =>
  containers.filter(({ container }) => sourcesOf(container).includes(secret)).map(({ name }) => name);

describe('docker/compose.yaml', () => {
  it('has the services, what they stand on, and the migration', () => {
    expect(Object.keys(compose.services).sort()).toEqual(
      [...Object.values(serviceFolders), 'migrate', 'nats', 'postgres'].sort(),
    );
  });

  it.each(containers)('keeps $name within bounds', ({ container }) => {
    expect(container).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number),
      logging: { options: { 'max-size': '10m' } },
    });
    expect(Object.keys(container)).not.toEqual(expect.arrayContaining(['privileged', 'cap_add', 'network_mode']));
    expect(container.image).not.toMatch(/:latest$/);
  });

  it('publishes the gateway alone, on this machine unless told otherwise', () => {
    const published = containers.filter(({ container }) => container.ports !== undefined);
    expect(published.map(({ name, container }) => [name, container.ports])).toEqual([
      ['gateway', ['${FLOWKEEP_HOST:-127.0.0.1}:${FLOWKEEP_PORT:-7860}:7860']],
    ]);
  });

  it('lets only the gateway and the flow runner see a network that leads outside', () => {
    expect(compose.networks).toEqual({ bus: { internal: true }, data: { internal: true }, outside: {} });
    const on = (network: string) =>
      containers.filter(({ container }) => container.networks.includes(network)).map(({ name }) => name);
    expect(on('outside')).toEqual(['gateway', 'flow-runner']);
    expect(on('data')).not.toContain('gateway');
    expect(on('data')).not.toContain('nats');
  });

  it('gives each secret to who needs it', () => {
    expect(holdersOf('secret_key')).toEqual(['credential-vault']);
    expect(holdersOf('superuser_password')).toEqual(['identity']);
    expect(holdersOf('database_url')).toEqual(['migrate']);
    expect(holdersOf('postgres_password')).toEqual(['postgres']);
    for (const service of dataServices) {
      expect(holdersOf(`database_url_${service}`)).toEqual([serviceFolders[service], 'postgres']);
    }
    for (const service of serviceNames) {
      expect(holdersOf(`nats_password_${service}`)).toEqual([serviceFolders[service], 'nats']);
    }
    expect([...new Set(containers.flatMap(({ container }) => sourcesOf(container)))].sort()).toEqual(
      Object.keys(compose.secrets).sort(),
    );
  });

  it('has a user at NATS and a role in PostgreSQL per service', () => {
    const loop = (path: string) => /^for service in (.+); do$/m.exec(read(path))?.[1]?.split(' ');
    expect(loop('docker/nats.sh')).toEqual(serviceNames);
    expect(loop('docker/postgres.sh')).toEqual(dataServices);
    const variables = [...read('docker/nats.conf').matchAll(/password: \$(\w+)/g)].map((match) => match[1]);
    expect(variables).toEqual(serviceNames.map((service) => `FLOWKEEP_NATS_PASSWORD_${service.toUpperCase()}`));
  });
});

describe('docker/setup.sh', () => {
  let dir: string;
  const setup = () => execFileSync('sh', [join(dir, 'setup.sh')], { encoding: 'utf8' });
  const secret = (name: string) => readFileSync(join(dir, 'secrets', name), 'utf8');

  /** A container's environment, with its secrets where the script made them. */
  function environmentOf({ environment = {}, secrets }: Container): Record<string, string> {
    const files = new Map(
      secrets.map((entry) => (typeof entry === 'string' ? [entry, entry] : [entry.target, entry.source])),
    );
    const located = (text: string) =>
      text.replace(/^\/run\/secrets\/(\w+)$/, (_match, name: string) =>
        join(dir, 'secrets', files.get(name) ?? 'not-given'),
      );
    const defaulted = (text: string) => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
    return Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, located(defaulted(value))] as const),
    );
  }

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'flowkeep-containers-'));
    copyFileSync(resolve(root, 'docker/setup.sh'), join(dir, 'setup.sh'));
    setup();
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('makes every secret, in a folder for its owner alone', () => {
    const files = Object.values(compose.secrets).map(({ file }) => file.replace('secrets/', ''));
    expect(readdirSync(join(dir, 'secrets')).sort()).toEqual(files.sort());
    expect(statSync(join(dir, 'secrets')).mode & 0o777).toBe(0o700);
    expect(new Set(files.map(secret)).size).toBe(files.length);
  });

  it('changes none that is there, and makes one that is not', () => {
    const before = secret('secret_key');
    const url = secret('database_url');
    for (const name of ['database_url', 'nats_password_keys']) rmSync(join(dir, 'secrets', name));
    expect(setup().match(/made \S+/g)).toEqual([
      'made docker/secrets/database_url',
      'made docker/secrets/nats_password_keys',
    ]);
    expect([secret('secret_key'), secret('database_url')]).toEqual([before, url]);
  });

  it.each(serviceNames)('makes what %s starts with', (service) => {
    const environment = environmentOf(containerOf(service));
    const { settings, report } = readSettings({ mode: 'distributed', service, sources: [environment] });
    expect(report).toEqual({ aliasesUsed: [], warnings: [] });
    expect(settings).toMatchObject({ natsUrl: 'nats://nats:4222', natsInsecure: true });
    // As nats.conf needs it: a word without quotes.
    expect(settings.natsPassword).toMatch(/^[a-z][0-9a-z]{31,}$/);
    if (service === 'gateway') return;
    expect(databaseUrlOf(settings, service)).toEqual({
      url: expect.stringMatching(new RegExp(`^postgres://flowkeep_${service}:\\w{32,}@postgres:5432/flowkeep$`)),
      own: true,
    });
    if (service === 'vault') expect(() => requireStrongSecretKey(loadSecretKey(settings))).not.toThrow();
  });

  it('makes what the migration starts with', () => {
    const sources = [environmentOf(compose.services['migrate'] as Container)];
    const { settings, report } = readSettings({ mode: 'distributed', service: 'databases', sources });
    expect(report.warnings).toEqual([]);
    expect(settings.databaseUrl).toBe(
      `postgres://flowkeep:${secret('postgres_password').trim()}@postgres:5432/flowkeep`,
    );
  });
});

describe('the image', () => {
  const dockerfile = read('docker/Dockerfile');

  it('has a program for every command', () => {
    const commands = containers.flatMap(({ container }) => container.command ?? []);
    expect(Object.keys(programs)).toEqual(expect.arrayContaining(commands));
    expect(dockerfile).toMatch(/^CMD \["standalone"\]$/m);
    const missing = Object.values(programs).filter(([app]) => !existsSync(resolve(root, 'apps', app, 'src/main.ts')));
    expect(missing).toEqual([]);
  });

  it('has every file that starts them', () => {
    const imported = [...read('tools/container.ts').matchAll(/from '\.\/(.+)'/g)].map((match) => match[1] as string);
    const copied = [...dockerfile.matchAll(/\/app\/tools\/(\S+\.ts)/g)].map((match) => match[1]);
    expect(copied.sort()).toEqual(['container.ts', ...imported].sort());
  });

  it('has every package they import', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const sources = execFileSync('git', ['ls-files', 'apps', 'libs'], { cwd: root, encoding: 'utf8' })
      .split('\n')
      .filter((path) => path.endsWith('.ts') && !/\.spec(-stand)?\.ts$|^(apps|libs)\/(e2e|admin|testing)\//.test(path));
    const imported = new Set(sources.flatMap((path) => packagesOf(read(path))));
    expect(imported.size).toBeGreaterThan(10);
    expect([...imported].filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
  });

  it('is built without what is secret or only this machine’s', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.env', 'data', 'docker/secrets', '**/node_modules']));
    expect(read('.gitignore').split('\n')).toContain('docker/secrets/');
  });
});

/** The names of the packages a source imports, types aside. */
function packagesOf(source: string): string[] {
  return [...source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^'.][^']*)'|import\('([^'.][^']*)'\)/gm)]
    .map((match) => (match[1] ?? match[2]) as string)
    .filter((id) => !id.startsWith('node:') && !id.startsWith('@flowkeep/'))
    .map((id) =>
      id
        .split('/')
        .slice(0, id.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}
