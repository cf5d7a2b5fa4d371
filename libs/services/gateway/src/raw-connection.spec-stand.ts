import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A bare connection to a server: what is written goes out as it is, what comes back is text. */
export class RawConnection {
  private received = '';
  private ended = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (this.received += chunk));
    socket.on('close', () => (this.ended = true));
    socket.on('error', () => (this.ended = true));
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
    if (!this.ended) await once(this.socket, 'close');
    return this.received;
  }

  /** Everything received once it matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.ended) throw new Error(`closed before ${String(pattern)} came: ${this.received}`);
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
    return this.received;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
