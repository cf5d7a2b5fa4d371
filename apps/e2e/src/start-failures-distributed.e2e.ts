import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { dropTestSchemas, startNats, type TestNats, testPostgresqlUrl } from '@flowkeep/testing';
import { describeDistributed } from './modes.ts';
import { Program } from './program.ts';
import { canary, expectRefusal } from './refusal.ts';

type Environment = Record<string, string>;

const services = ['credential-vault', 'identity', 'key-management', 'flow-runner', 'gateway'] as const;
const withData = services.filter((service) => service !== 'gateway');
const schemas = {
  identity: 'identity',
  'key-management': 'keys',
  'credential-vault': 'vault',
  'flow-runner': 'runner',
};

await describeDistributed('a start that can not succeed', () => {
  const schemaPrefix = `e2e_${randomBytes(4).toString('hex')}_`;
  let nats: TestNats;
  let complete: Environment;
  let programs: Program[] = [];

  beforeAll(async () => {
    nats = await startNats({ users: false });
    complete = {
      FLOWKEEP_PORT: '0',
      FLOWKEEP_NATS_URL: nats.url,
      FLOWKEEP_BUS_PREFIX: nats.prefix,
      FLOWKEEP_DATABASE_URL: testPostgresqlUrl(),
      FLOWKEEP_DATABASE_SCHEMA_PREFIX: schemaPrefix,
      FLOWKEEP_SUPERUSER: 'ada',
      FLOWKEEP_SUPERUSER_PASSWORD: `${canary}-password`,
      FLOWKEEP_SECRET_KEY: `${canary}-0123456789-ABCDEFGHIJKLM`,
    };
  });

  afterEach(async () => {
    await Promise.all(programs.map((program) => program.kill()));
    programs = [];
  });

  afterAll(async () => {
    await nats.stop();
    await dropTestSchemas(schemaPrefix);
  });

  function start(app: string, changes: Environment = {}, args: readonly string[] = []): Program {
    const program = Program.start(app, { ...complete, ...changes }, args);
    programs.push(program);
    return program;
  }

  const migrate = (changes: Environment = {}) => start('cli', changes, ['db', 'migrate', '--distributed']);

  it.each([
    ['FLOWKEEP_NATS_URL', services],
    ['FLOWKEEP_DATABASE_URL', withData],
    ['FLOWKEEP_SUPERUSER', ['identity']],
    ['FLOWKEEP_SUPERUSER_PASSWORD', ['identity']],
    ['FLOWKEEP_SECRET_KEY', ['credential-vault']],
  ])('without %s', async (variable, refusing) => {
    for (const service of refusing) {
      await expectRefusal(start(service, { [variable]: '' }), [new RegExp(`^${variable}\\S* .*required`)]);
    }
    await expectRefusal(migrate({ [variable]: '' }), [new RegExp(`^${variable}\\S* .*required`)]);
  });

  it('without all of them, in one go', async () => {
    const empty = Object.fromEntries(Object.keys(complete).map((variable) => [variable, '']));
    const lines = [/^FLOWKEEP_NATS_URL /, /^FLOWKEEP_DATABASE_URL /, /^FLOWKEEP_SUPERUSER /];
    await expectRefusal(migrate(empty), [...lines, /^FLOWKEEP_SUPERUSER_PASSWORD /, /^FLOWKEEP_SECRET_KEY_FILE /]);
  });

  it('except for a migration that is told to need the databases only', async () => {
    const url = { FLOWKEEP_DATABASE_URL: testPostgresqlUrl(), FLOWKEEP_DATABASE_SCHEMA_PREFIX: `${schemaPrefix}only_` };
    expect(await Program.start('cli', url, ['db', 'migrate', '--databases-only']).exit()).toBe(0);
    const line = /^FLOWKEEP_DATABASE_URL is required/;
    await expectRefusal(Program.start('cli', {}, ['db', 'migrate', '--databases-only']), [line]);
  });

  it('with NATS on a network that anybody may listen to', async () => {
    for (const service of services) {
      const line = /^FLOWKEEP_NATS_URL is neither a loopback address nor tls:\/\/\./;
      await expectRefusal(start(service, { FLOWKEEP_NATS_URL: 'nats://192.0.2.1:4222' }), [line]);
    }
  });

  it('with a database that is not there, and without saying its password', async () => {
    const url = `postgresql://somebody:${canary}@127.0.0.1:9/flows`;
    const line = /^The PostgreSQL database 127\.0\.0\.1:9\/flows can't be used: .*ECONNREFUSED/;
    for (const service of withData) await expectRefusal(start(service, { FLOWKEEP_DATABASE_URL: url }), [line]);
    await expectRefusal(migrate({ FLOWKEEP_DATABASE_URL: url }), [line]);
  });

  it('with a database that was not migrated', async () => {
    for (const service of withData) {
      await expectRefusal(start(service), [/run "flowkeep db migrate"\.?$/]);
    }
    // With a user of its own the service finds an empty schema instead of no role.
    for (const service of withData) {
      const own = { [`FLOWKEEP_DATABASE_URL_${schemas[service].toUpperCase()}`]: testPostgresqlUrl() };
      await expectRefusal(start(service, own), [
        /database has not had the migration \S+: run "flowkeep db migrate"\.$/,
      ]);
    }
  });

  it('with another secret key than the data have', async () => {
    expect(await migrate().exit()).toBe(0);
    const first = start('credential-vault');
    await first.line(/"started":"vault"/);
    expect(await first.stop()).toBe(0);
    const other = { FLOWKEEP_SECRET_KEY: `${canary}-NOPQRSTUVWXYZ-9876543210` };
    await expectRefusal(start('credential-vault', other), [/^FLOWKEEP_SECRET_KEY does not open the data/]);
    const again = start('credential-vault');
    await again.line(/"started":"vault"/);
    expect(await again.stop()).toBe(0);
  });
});
