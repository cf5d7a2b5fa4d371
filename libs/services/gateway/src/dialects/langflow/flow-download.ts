import { promisify } from 'node:util';
import { StreamableFile } from '@nestjs/common';
import type { Flow } from '@flowkeep/contracts';
import { type AsyncZippable, strToU8, zip } from 'fflate';

const pack = promisify<AsyncZippable, Uint8Array>(zip);

/** A flow as a file that can be imported again: everything it came with, called what it is called now. */
export function flowExport({ id, name, description, endpointName, document }: Flow) {
  return { ...document, id, name, description, endpoint_name: endpointName };
}

/**
 * Several flows as a zip of one JSON each, named after the flow.
 *
 * @param nowMs milliseconds since 1970, for the name of the file
 */
export async function zipOf(flows: readonly Flow[], nowMs: number): Promise<StreamableFile> {
  const files: AsyncZippable = {};
  for (const flow of flows) files[freeName(flow.name, files)] = strToU8(JSON.stringify(flowExport(flow)));
  const [date, time] = new Date(nowMs).toISOString().replaceAll(/[-:]/g, '').split(/[T.]/) as [string, string];
  return new StreamableFile(await pack(files), {
    type: 'application/x-zip-compressed',
    disposition: `attachment; filename=${date}_${time}_langflow_flows.zip`,
  });
}

/** A name that is a file's on every system, and no other flow's of the same zip. */
function freeName(name: string, taken: Readonly<Record<string, unknown>>): string {
  const base = name
    .replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 200);
  let free = base;
  for (let number = 1; Object.hasOwn(taken, `${free}.json`); number++) free = `${base} (${number})`;
  return `${free}.json`;
}
