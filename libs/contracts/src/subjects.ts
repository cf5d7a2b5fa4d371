import { events, operations } from './operations/index.ts';
import { type ServiceName, serviceNames } from './services.ts';

/**
 * The names of things on the bus. `<prefix>.<callee>.<verb>.<caller>` for requests, `<prefix>.r.<caller>.<instance>.
 * <callee>.<id>` for replies and stream frames, `<prefix>.c.<callee>.<instance>.<caller>.<id>` for what a caller sends
 * to the one instance that answers it (credit, cancel, beats, frames of a large body), `<prefix>.e.<emitter>.<event>`
 * for news. The broker lets a service publish only subjects that carry its own name in the sender's place.
 */
export const subjects = {
  request: (prefix: string, operation: string, caller: ServiceName) => `${prefix}.${operation}.${caller}`,
  requests: (prefix: string, operation: string) => `${prefix}.${operation}.*`,
  reply: (prefix: string, caller: ServiceName, instance: string, callee: ServiceName, id: string) =>
    `${prefix}.r.${caller}.${instance}.${callee}.${id}`,
  replies: (prefix: string, caller: ServiceName, instance: string) => `${prefix}.r.${caller}.${instance}.>`,
  control: (prefix: string, callee: ServiceName, instance: string, caller: ServiceName, id: string) =>
    `${prefix}.c.${callee}.${instance}.${caller}.${id}`,
  controls: (prefix: string, callee: ServiceName, instance: string) => `${prefix}.c.${callee}.${instance}.>`,
  event: (prefix: string, name: string) => {
    const dot = name.indexOf('.');
    return `${prefix}.e.${name.slice(0, dot)}.${name.slice(dot + 1)}`;
  },
} as const;

/** What one service may send and hear, as subject patterns. */
export interface SubjectGrants {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * Who may ask whom, as the broker and the in-process bus enforce it.
 *
 * @param prefix the installation's bus prefix
 */
export function subjectGrants(prefix: string): Record<ServiceName, SubjectGrants> {
  return Object.fromEntries(serviceNames.map((name) => [name, grantsOf(prefix, name)])) as Record<
    ServiceName,
    SubjectGrants
  >;
}

function grantsOf(prefix: string, service: ServiceName): SubjectGrants {
  const called = operations.filter((operation) => operation.callers.includes(service));
  const answered = operations.filter((operation) => operation.callee === service);
  const callees = unique(called.map((operation) => operation.callee));
  const askers = unique(answered.flatMap((operation) => operation.callers));
  return {
    publish: [
      ...called.map((operation) => subjects.request(prefix, operation.name, service)),
      ...callees.map((callee) => `${prefix}.c.${callee}.*.${service}.*`),
      ...askers.map((asker) => `${prefix}.r.${asker}.*.${service}.*`),
      ...events.filter((event) => event.emitter === service).map((event) => subjects.event(prefix, event.name)),
    ],
    subscribe: [
      ...answered.map((operation) => subjects.requests(prefix, operation.name)),
      ...(called.length > 0 ? [`${prefix}.r.${service}.>`] : []),
      ...(answered.length > 0 ? [`${prefix}.c.${service}.>`] : []),
      ...events.filter((event) => event.listeners.includes(service)).map((event) => subjects.event(prefix, event.name)),
    ],
  };
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
