import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AuditEntry, DomainError, exportAudit, listAudit } from '@flowkeep/contracts';
import { gatewayStand } from '../../gateway.spec-stand.ts';

const id = '0198c0de-0000-7000-8000-000000000000';
const entry = (sequence: number): AuditEntry => ({
  ...{ sequence, id, at: 1, service: 'keys', workspaceId: null, actorId: null, keyId: null },
  ...{ action: 'key.created', subjectId: 'a\nkey', details: {} },
});

describe('the audit log over HTTP', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
    Object.assign(stand.facts.principal, { superuser: true });
  });

  afterEach(() => stand.stop());

  const get = (path: string) => stand.get(`/api/flowkeep/v1/audit${path}`, { 'x-api-key': stand.key });

  it('is a list with filters', async () => {
    const asked: unknown[] = [];
    stand.bus.answer(listAudit, (request) => {
      asked.push(request);
      return { events: [entry(7)], next: 7 };
    });
    const response = await get(`?actorId=${id}&action=key.&subjectId=s&from=1&to=2&before=8&take=3`);
    expect(await response.json()).toEqual({ events: [entry(7)], next: 7 });
    await get('');
    const filter = { actorId: id, action: 'key.', subjectId: 's', from: 1, to: 2 };
    expect(asked).toEqual([{ ...filter, before: 8, take: 3 }, { take: 100 }]);
  });

  it.each([
    '?take=201',
    '?take=0',
    '?before=0',
    '?from=-1',
    '?from=soon',
    '?actorId=ada',
    '?colour=red',
    '/export?take=5',
  ])('refuses %s', async (query) => {
    expect((await get(query)).status).toBe(422);
  });

  it('is a file of lines to download', async () => {
    stand.bus.answerStream(exportAudit, async function* ({ action }) {
      yield { events: [] };
      if (action === 'key.') yield { events: [entry(3), entry(2)] };
      yield { events: [entry(1)] };
    });
    const response = await get('/export?action=key.');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.ndjson"');
    const lines = (await response.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([entry(3), entry(2), entry(1)]);
  });

  it('is a file that breaks off when it fails on the way, and an error when it fails before', async () => {
    stand.bus.answerStream(exportAudit, async function* () {
      yield { events: [entry(1)] };
      throw new DomainError('unavailable');
    });
    await expect(get('/export').then((response) => response.text())).rejects.toThrow();
    stand.bus.silence(exportAudit);
    expect((await get('/export')).status).toBe(503);
  });

  it('is not for everybody', async () => {
    Object.assign(stand.facts.principal, { superuser: false });
    for (const path of ['', '/export']) expect((await get(path)).status).toBe(403);
  });
});
