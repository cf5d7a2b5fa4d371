import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashKey, generateKey } from '@flowkeep/crypto';
import { run } from '@flowkeep/contracts';
import { gatewayStand } from './gateway.spec-stand.ts';

const flowId = '0191d6c0-0000-7000-8000-000000000001';

describe('a run costs', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;
  let traces: (string | undefined)[];

  beforeEach(async () => {
    stand = await gatewayStand();
    traces = [];
    stand.bus.answer(run, (_request, { trace }) => {
      traces.push(trace);
      return { runId: flowId, flowId, sessionId: 's', input: 'x', outputs: [] };
    });
  });

  afterEach(() => stand.stop());

  /** The operations one run calls, in order. */
  async function hopsOf(headers: Record<string, string>): Promise<string[]> {
    const before = stand.bus.calls.length;
    const response = await fetch(`${stand.url}/api/v1/run/${flowId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"input_value":"x"}',
    });
    expect(response.status).toBe(200);
    expect(traces.at(-1)).toBe(response.headers.get('x-request-id'));
    return stand.bus.calls.slice(before);
  }

  it('one hop with a warm key, two with a cold one, three with a cold owner', async () => {
    const other = generateKey();
    stand.facts.keys.set(hashKey(other), { ...stand.keyFacts, keyId: '0191d6c0-0000-7000-8000-000000000002' });
    expect(await hopsOf({ 'x-api-key': stand.key })).toEqual(['keys.verify', 'identity.principal', 'runner.run']);
    expect(await hopsOf({ 'x-api-key': stand.key })).toEqual(['runner.run']);
    expect(await hopsOf({ 'x-api-key': other })).toEqual(['keys.verify', 'runner.run']);
    expect(await hopsOf({ 'x-api-key': other })).toEqual(['runner.run']);
  });

  it('one hop with the token of a warm session; its keys are fetched once', async () => {
    const headers = { authorization: `Bearer ${stand.token()}` };
    expect(await hopsOf(headers)).toEqual(['identity.jwks', 'identity.principal', 'runner.run']);
    expect(await hopsOf(headers)).toEqual(['runner.run']);
    expect(await hopsOf({ 'x-api-key': stand.key })).toEqual(['keys.verify', 'runner.run']);
  });
});
