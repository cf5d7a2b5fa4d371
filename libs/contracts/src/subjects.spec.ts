import { describe, expect, it } from '@jest/globals';
import { natsConfig } from './nats-config.ts';
import { events, operations } from './operations/index.ts';
import { serviceNames } from './services.ts';
import { subjectGrants, subjects } from './subjects.ts';

const grants = subjectGrants('p');

describe.each(serviceNames)('the grants of %s', (service) => {
  const { publish, subscribe } = grants[service];

  it('send under its own name only', () => {
    for (const pattern of publish) {
      const [prefix, first, ...rest] = pattern.split('.');
      expect(prefix).toBe('p');
      if (first === 'r') expect(rest).toEqual([expect.not.stringMatching(/[*>]/), '*', service, '*']);
      else if (first === 'c') expect(rest).toEqual([expect.not.stringMatching(/[*>]/), '*', service, '*']);
      else if (first === 'e') expect(rest[0]).toBe(service);
      else expect(rest.at(-1)).toBe(service);
      expect(pattern).not.toContain('>');
    }
  });

  it('ask exactly what its contracts let it ask', () => {
    const asked = publish.filter((pattern) => !/^p\.[rce]\./.test(pattern));
    const allowed = operations.filter(({ callers }) => (callers as readonly string[]).includes(service));
    expect(asked.toSorted()).toEqual(allowed.map(({ name }) => subjects.request('p', name, service)).toSorted());
  });

  it('hear what is meant for it only', () => {
    for (const pattern of subscribe) {
      const [, first, second, third] = pattern.split('.');
      if (first === 'r' || first === 'c') expect([second, third]).toEqual([service, '>']);
      else if (first === 'e') {
        const event = events.find(({ name }) => subjects.event('p', name) === pattern);
        expect(event?.listeners).toContain(service);
      } else expect([first, pattern.endsWith('.*')]).toEqual([service, true]);
    }
  });

  it('answer only those that may ask it', () => {
    const answered = publish.filter((pattern) => pattern.startsWith('p.r.')).map((pattern) => pattern.split('.')[2]);
    const askers = operations.filter(({ callee }) => callee === service).flatMap(({ callers }) => [...callers]);
    expect(answered.toSorted()).toEqual([...new Set<string>(askers)].toSorted());
  });
});

it('the configuration of NATS has a user for each service and its passwords from outside', () => {
  const text = natsConfig({ prefix: 'p' });
  for (const service of serviceNames) {
    expect(text).toContain(`user: ${service}\n      password: $FLOWKEEP_NATS_PASSWORD_${service.toUpperCase()}\n`);
  }
  expect(text.match(/user: /g)).toHaveLength(serviceNames.length);
  expect(text).not.toMatch(/allow_responses|jetstream|"p\.>"/);
});

it('an additional listener may say nothing', () => {
  const text = natsConfig({ prefix: 'p', listeners: ['probe'] });
  expect(text.slice(text.indexOf('user: probe'))).toMatch(
    /publish: \{ deny: ">" \}\s+subscribe: \{ allow: \[\s+"p\.>"/,
  );
});
