import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Caller, deleteKey, keyUsage } from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { type KeyManagementStand, keyManagementStand, person } from '../key-management.spec-stand.ts';
import { KeyUsageDayEntity } from './key-usage-day.entity.ts';

const dayMs = 86_400_000;

await describeOnDialects('the uses of a key', (dialect) => {
  let stand: KeyManagementStand;
  let ada: Caller;
  let keyId: string;
  const start = Date.UTC(2026, 0, 1);

  beforeEach(async () => {
    stand = await keyManagementStand(dialect);
    ada = person();
    keyId = (await stand.create(ada)).key.id;
  });
  afterEach(() => stand.stop());

  const read = (from: string, to: string, caller = ada) =>
    stand.gateway.call(keyUsage, { keyId, from, to }, { caller });
  const rows = () => stand.database.read((em) => em.count(KeyUsageDayEntity));

  it('are counted per flow and day', async () => {
    const gatewayId = randomUUID();
    const first = [
      { keyId, uses: 2, lastUsedAt: start + dayMs - 1, flow: 'support', address: '192.0.2.1' },
      { keyId, uses: 3, lastUsedAt: start + dayMs, flow: 'support', address: '192.0.2.2' },
      { keyId, uses: 4, lastUsedAt: start + dayMs + 1, address: '192.0.2.3' },
      { keyId: randomUUID(), uses: 9, lastUsedAt: start, flow: 'support' },
    ];
    await stand.report({ gatewayId, sequence: 1, deltas: first });
    await stand.report({ gatewayId, sequence: 1, deltas: first });
    await stand.report({
      gatewayId,
      sequence: 2,
      deltas: [{ keyId, uses: 5, lastUsedAt: start + dayMs, flow: 'support', address: '192.0.2.9' }],
    });
    expect(await read('2026-01-01', '2026-01-02')).toEqual({
      rows: [
        { day: '2026-01-02', flow: 'support', uses: 8 },
        { day: '2026-01-02', flow: null, uses: 4 },
        { day: '2026-01-01', flow: 'support', uses: 2 },
      ],
      truncated: false,
    });
    expect((await read('2026-01-01', '2026-01-01')).rows).toHaveLength(1);
    expect(await stand.get(ada, keyId)).toMatchObject({
      ...{ totalUses: 14, lastUsedAt: start + dayMs + 1, lastAddress: '192.0.2.3', lastFlow: 'support' },
    });
    expect(await rows()).toBe(3);
  });

  it('are the same whatever order the gateways report in', async () => {
    const reports = Array.from({ length: 6 }, (_, index) =>
      stand.report({
        gatewayId: randomUUID(),
        sequence: 1,
        deltas: [{ keyId, uses: 1, lastUsedAt: start + index, flow: `flow ${index % 2}`, address: `192.0.2.${index}` }],
      }),
    );
    await Promise.all(reports);
    const uses = (await read('2026-01-01', '2026-01-01')).rows.map((row) => [row.flow, row.uses]);
    expect(uses).toEqual([
      ['flow 0', 3],
      ['flow 1', 3],
    ]);
    expect(await stand.get(ada, keyId)).toMatchObject({ lastAddress: '192.0.2.5', lastFlow: 'flow 1' });
  });

  it('take no more room than a client may fill with names', async () => {
    const name = (index: number) => ({ keyId, uses: 1, lastUsedAt: start, flow: `made up ${index}` });
    const deltas = Array.from({ length: 2_000 }, (_, index) => name(index));
    await stand.report({ gatewayId: randomUUID(), sequence: 1, deltas });
    expect(await rows()).toBeLessThanOrEqual(601);
    const { rows: read1 } = await read('2026-01-01', '2026-01-01');
    expect(read1.reduce((sum, { uses }) => sum + uses, 0)).toBe(2_000);
    await stand.report({ gatewayId: randomUUID(), sequence: 1, deltas: [name(0)] });
    const again = (await read('2026-01-01', '2026-01-01')).rows.find(({ flow }) => flow === 'made up 0');
    expect(again?.uses).toBe(2);
  });

  it('are kept for 400 days, and as long as the key', async () => {
    const gatewayId = randomUUID();
    await stand.report({ gatewayId, sequence: 1, deltas: [{ keyId, uses: 1, lastUsedAt: start }] });
    await stand.clock.advance(400 * dayMs);
    const use = () => ({ keyId, uses: 1, lastUsedAt: stand.clock.now() });
    await stand.report({ gatewayId, sequence: 2, deltas: [use()] });
    expect(await rows()).toBe(2);
    await stand.clock.advance(dayMs);
    await stand.report({ gatewayId, sequence: 3, deltas: [use()] });
    expect(await rows()).toBe(2);
    await stand.gateway.call(deleteKey, { keyId }, { caller: ada });
    expect(await rows()).toBe(0);
  });

  it('are nobody else’s to read', async () => {
    await expect(read('2026-01-01', '2026-01-01', person())).rejects.toMatchObject({ code: 'key_not_found' });
    await expect(read('2026-01-02', '2026-01-01')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(read('2026-02-30', '2026-03-01')).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
