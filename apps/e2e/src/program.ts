import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { serverFlags } from '../../../tools/node-flags.ts';

const root = resolve(import.meta.dirname, '../../..');
const node = process.execPath;

/** A built app under test, with everything it wrote. */
export class Program {
  /** The workspace, from which everything is started. */
  static readonly root = root;

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
    return Program.launch(app, [node, ...serverFlags, main, ...args], environment, ['ignore', 'pipe', 'pipe', 'ipc']);
  }

  /** Starts `tools/<name>.ts`, as the scripts of package.json do. */
  static tool(name: string, environment: Record<string, string>, args: readonly string[]): Program {
    return Program.launch(name, [node, toolPath(name), ...args], environment, ['ignore', 'pipe', 'pipe']);
  }

  /** The same on a terminal of its own, which `type` types into. */
  static onTerminal(name: string, environment: Record<string, string>, args: readonly string[]): Program {
    // Without `exec` the shell would take Ctrl-C too, and answer with a code of its own.
    const line = ['exec', node, toolPath(name), ...args].join(' ');
    const command = ['script', '--quiet', '--return', '--command', line, '/dev/null'];
    return Program.launch(name, command, environment, ['pipe', 'pipe', 'pipe']);
  }

  private static launch(
    name: string,
    [command, ...args]: readonly string[],
    environment: Record<string, string>,
    stdio: StdioOptions,
  ): Program {
    const env = { PATH: process.env['PATH'], ...environment };
    return new Program(name, spawn(command as string, args, { cwd: root, env, stdio }));
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

  get pid(): number {
    return this.child.pid as number;
  }

  /** Writes to its standard input. */
  type(text: string): void {
    this.child.stdin?.write(text);
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

function toolPath(name: string): string {
  return join(root, 'tools', `${name}.ts`);
}
