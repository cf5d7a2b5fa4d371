import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A bare connection to a server: what is written goes out as it is, what comes back is text. */
export class RawConnection {
  private received = '';
  private ended = false;
  private onNews: () => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      this.received += chunk;
      this.onNews();
    });
    socket.on('close', () => {
      this.ended = true;
      this.onNews();
    });
    // A server that hangs up early is what some tests are about.
    socket.on('error', () => {});
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Lines of a request's head, ended as HTTP wants it; then whatever body. */
  write(lines: readonly string[], body = ''): void {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  writeText(text: string): void {
    this.socket.write(text);
  }

  /** Everything received until the server closes. */
  async untilClosed(): Promise<string> {
    while (!this.ended) await new Promise((resolve) => (this.onNews = resolve as () => void));
    return this.received;
  }

  /** Everything received once it matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.ended) throw new Error(`closed before ${String(pattern)} came: ${this.received}`);
      await new Promise((resolve) => (this.onNews = resolve as () => void));
    }
    return this.received;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
