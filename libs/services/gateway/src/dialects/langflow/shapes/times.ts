/** Langflow's three ways to write a time (contract: Langflow 2.5, 2.7, 2.11). All take milliseconds since 1970, UTC. */

/** `2026-01-20T10:00:00+00:00` */
export function isoSeconds(atMs: number): string {
  return `${secondOf(atMs)}+00:00`;
}

/** `2026-01-20 10:00:00 UTC` */
export function utcText(atMs: number): string {
  return `${secondOf(atMs).replace('T', ' ')} UTC`;
}

/** Most times of one moment are of the same second. */
let latest = { second: Number.NaN, text: '' };

/** `2026-01-20T10:00:00` */
function secondOf(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  if (second !== latest.second) latest = { second, text: new Date(atMs).toISOString().slice(0, 19) };
  return latest.text;
}
