import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { serverFlags } from '../../../tools/node-flags.ts';

const root = resolve(import.meta.dirname, '../../..');

/** A built app under test, with everything it wrote. */
export class Program {
  private output = '';
  private errorOutput = '';
  private readonly waiting = new Set<() => void>();
  private ended: number | null = null;

  private constructor(
    private readonly app: string,
    private readonly child: ChildProcess,
  ) {
    const take = (chunk: Buffer) => {
      this.output += chunk.toString();
      this.wake();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.stderr?.on('data', (chunk: Buffer) => (this.errorOutput += chunk.toString()));
    child.on('message', (message) => {
      this.output += `${JSON.stringify(message)}\n`;
      this.wake();
    });
    // Not "exit": what it wrote last may still be on its way then.
    child.once('close', (code, signal) => {
      this.ended = code ?? (signal === null ? 0 : 1);
      this.wake();
    });
  }

  /** Starts `apps/<app>` with nothing of our own environment but the path. */
  static start(app: string, environment: Record<string, string>, args: readonly string[] = []): Program {
    const main = join(root, 'dist/apps', app, 'main.js');
    if (!existsSync(main)) throw new Error(`${main} is missing: run "npm run build" first`);
    const child = spawn(process.execPath, [...serverFlags, main, ...args], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return new Program(app, child);
  }

  /** Everything written so far, both streams and messages to the launcher. */
  get text(): string {
    return this.output;
  }

  /** What it wrote to standard error. */
  get errors(): string {
    return this.errorOutput;
  }

  get exitCode(): number | null {
    return this.ended;
  }

  /** Waits for a line that matches; fails as soon as the program ends without it. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.ended !== null)
        throw new Error(`${this.app} ended (${this.ended}) without ${pattern.source}:\n${this.output}`);
      await this.change();
    }
  }

  /** Waits for the end; its exit code. */
  async exit(): Promise<number> {
    while (this.ended === null) await this.change();
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.ended === null) this.child.kill(signal);
  }

  async stop(): Promise<number> {
    this.signal('SIGTERM');
    return this.exit();
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exit();
  }

  private change(): Promise<void> {
    return new Promise((done) => this.waiting.add(done));
  }

  private wake(): void {
    for (const done of this.waiting) done();
    this.waiting.clear();
  }
}
