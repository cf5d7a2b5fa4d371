/** Langflow's three ways to write a time (contract: Langflow 2.5, 2.7, 2.11). All take milliseconds since 1970, UTC. */

/** `2026-01-20T10:00:00+00:00` */
export function isoSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}+00:00`;
}

/** `2026-01-20 10:00:00 UTC` */
export function utcText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
