import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { serverFlags } from '../node-flags.ts';

const ticksPerSecond = 100;

/** A server under load, with what it costs in CPU. */
export class Server {
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  /** Starts a script and waits for the line that says where it listens; group 1 of `pattern` is the address. */
  static async start(
    script: string,
    args: readonly string[],
    pattern: RegExp,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Server> {
    const child = spawn(process.execPath, [...serverFlags, script, ...args], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let text = '';
    let found = false;
    const url = await new Promise<string>((resolve, reject) => {
      const look = (piece: string) => {
        if (found) return;
        text += piece;
        const match = pattern.exec(text);
        if (match !== null) {
          found = true;
          resolve(match[1] ?? '');
        }
      };
      child.stdout?.on('data', (chunk: Buffer) => look(chunk.toString()));
      child.on('message', (message) => look(`${JSON.stringify(message)}\n`));
      child.once('exit', (code) => reject(new Error(`${script} ended (${String(code)}): ${text}`)));
    });
    return new Server(child, url);
  }

  /** CPU seconds used so far, in user and kernel; 0 where the system doesn't tell. */
  cpuSeconds(): number {
    try {
      const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    } catch {
      return 0;
    }
  }

  /** Resident memory in MB. */
  residentMb(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}
