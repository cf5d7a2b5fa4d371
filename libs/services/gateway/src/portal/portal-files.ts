import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A file whose name changes with its content never has to be asked for again. */
const hashedName = /-[\w-]{8}\.(?:js|css)$/;

/** One file of the portal, read and compressed once. */
export interface PortalFile {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

/** The portal as it was built. */
export interface PortalFiles {
  /** By address, for example `/main-5NBWUZCL.js`. */
  readonly assets: ReadonlyMap<string, PortalFile>;
  /** The page, with a placeholder where the nonce of a response goes. */
  readonly page: string;
}

/**
 * Reads what the build of the portal wrote.
 *
 * @returns null when nothing was built there
 */
export async function readPortal(directory: string): Promise<PortalFiles | null> {
  const names = await readdir(directory).catch((): string[] => []);
  if (!names.includes('index.html')) return null;
  const served = names.filter((name) => contentTypes[extname(name)] !== undefined);
  const assets = await Promise.all(
    served.map(async (name) => [`/${name}`, await readAsset(join(directory, name))] as const),
  );
  return { assets: new Map(assets), page: await readFile(join(directory, 'index.html'), 'utf8') };
}

async function readAsset(path: string): Promise<PortalFile> {
  const plain = await readFile(path);
  return {
    contentType: contentTypes[extname(path)] as string,
    cacheControl: hashedName.test(path) ? 'public, max-age=31536000, immutable' : 'public, max-age=3600',
    plain,
    gzip: await promisify(gzip)(plain),
    brotli: await promisify(brotliCompress)(plain),
  };
}
