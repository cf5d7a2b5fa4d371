import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { Injectable } from '@nestjs/common';
import { VaultOptions } from '../vault-options.ts';

const longestBytes = 64 * 1024;

/** Why a reference led to no value. For the log: never has a part of the path or of the value. */
export class ReferenceError extends Error {}

/** Values that are not in the vault: of the environment, and of files that other programs provide. */
@Injectable()
export class References {
  constructor(private readonly options: VaultOptions) {}

  /** Whether an operator lets this workspace refer to that. Says nothing about whether it is there. */
  isGranted(workspaceId: string, reference: string): boolean {
    const { kind, target } = parse(reference);
    if (kind === 'env') return this.grantsOf(workspaceId).some(({ env }) => env.includes(target));
    // As it is written: where links lead is looked at when it is read.
    const path = resolve(target);
    return path === target && this.directoriesOf(workspaceId).some((directory) => isInside(resolve(directory), path));
  }

  /**
   * Gets the value a reference stands for now.
   *
   * @throws ReferenceError
   */
  async read(workspaceId: string, reference: string): Promise<string> {
    if (!this.isGranted(workspaceId, reference)) throw new ReferenceError('it is not granted');
    const { kind, target } = parse(reference);
    if (kind === 'file') return this.readFile(workspaceId, target);
    const value = this.options.references.environment.get(target);
    if (value === undefined) throw new ReferenceError('it is not set');
    return value;
  }

  private grantsOf(workspaceId: string) {
    const { grants } = this.options.references;
    return [grants['*'], grants[workspaceId]].filter((grant) => grant !== undefined);
  }

  private directoriesOf(workspaceId: string): string[] {
    return this.grantsOf(workspaceId).flatMap(({ directories }) => directories);
  }

  private async readFile(workspaceId: string, target: string): Promise<string> {
    try {
      const path = await realpath(target);
      const granted = await existing(this.directoriesOf(workspaceId));
      if (!granted.some((directory) => isInside(directory, path))) throw new ReferenceError('it leads elsewhere');
      const [own] = await existing([this.options.references.dataDir]);
      if (own !== undefined && isInside(own, path)) throw new ReferenceError("it leads to the server's own data");
      return await this.readRegular(path);
    } catch (error) {
      if (error instanceof ReferenceError) throw error;
      throw new ReferenceError(`it can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    }
  }

  /** Looks at what was opened, not at what the path leads to by then; a pipe does not keep anybody waiting. */
  private async readRegular(path: string): Promise<string> {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { dev, ino, size, ...entry } = await file.stat();
      if ((entry.mode & constants.S_IFMT) !== constants.S_IFREG) throw new ReferenceError('it is no regular file');
      if (size > longestBytes) throw new ReferenceError('it is larger than 64 KiB');
      for (const secretFile of this.options.references.secretFiles) {
        const own = await stat(secretFile).catch(() => null);
        if (own !== null && own.dev === dev && own.ino === ino) {
          throw new ReferenceError('it is a secret of the server');
        }
      }
      const { bytesRead, buffer } = await file.read(Buffer.alloc(longestBytes + 1), 0, longestBytes + 1, 0);
      if (bytesRead > longestBytes) throw new ReferenceError('it is larger than 64 KiB');
      const text = decode(buffer.subarray(0, bytesRead)).replace(/\r?\n$/, '');
      buffer.fill(0);
      if (text === '') throw new ReferenceError('it is empty');
      return text;
    } finally {
      await file.close();
    }
  }
}

function parse(reference: string): { kind: 'env' | 'file'; target: string } {
  const end = reference.indexOf(':');
  return { kind: reference.slice(0, end) === 'env' ? 'env' : 'file', target: reference.slice(end + 1) };
}

function isInside(directory: string, path: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`);
}

/** Where these paths lead; those that lead nowhere are left out. */
async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => null)));
  return found.filter((path) => path !== null);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ReferenceError('it is no text');
  }
}
