import { inject, Service, signal } from '@angular/core';
import { ApiClient, sentenceOf } from '@flowkeep/admin-api';
import { afterFrame, type ChatEntry, settled } from './chat-entries.ts';
import { nextStepOf } from './next-step.ts';

/** A conversation with one flow: what was said, and the run that goes on. */
@Service({ autoProvided: false })
export class Chat {
  private readonly api = inject(ApiClient);
  private readonly all = signal<readonly ChatEntry[]>([]);
  private readonly session = signal(newSessionId());
  private readonly run = signal<AbortController | null>(null);
  private ownEntries = 0;

  readonly entries = this.all.asReadonly();
  readonly sessionId = this.session.asReadonly();
  /** The run that goes on; null while the flow waits for a message. */
  readonly running = this.run.asReadonly();

  /** Sends a message and lets the answer grow as it comes. Failures become part of the conversation. */
  async send(flow: string, input: string): Promise<void> {
    if (this.run() !== null) return;
    const controller = new AbortController();
    this.run.set(controller);
    this.add({ kind: 'person', name: 'You', text: input });
    const body = { input, sessionId: this.session(), inputType: 'any', outputType: 'any' } as const;
    // What an abandoned run still says is not part of the conversation that began after it.
    const goesOn = () => this.run() === controller;
    try {
      for await (const frame of this.api.stream('streamRun', { params: { flow }, body }, controller.signal)) {
        if (goesOn()) this.all.update((entries) => afterFrame(entries, frame));
      }
      if (goesOn()) this.all.update(settled);
    } catch (error) {
      if (goesOn()) this.end(controller, error);
    } finally {
      if (goesOn()) this.run.set(null);
    }
  }

  /** Ends the run that goes on; what came so far stays. */
  stop(): void {
    this.run()?.abort();
  }

  /** Begins again: the flow remembers nothing of what was said before. */
  startOver(): void {
    this.stop();
    this.run.set(null);
    this.session.set(newSessionId());
    this.all.set([]);
  }

  private end({ signal }: AbortController, error: unknown): void {
    this.all.update(settled);
    if (signal.aborted) this.add({ kind: 'note', name: '', text: 'Stopped.' });
    else this.add({ kind: 'error', name: 'Error', text: sentenceOf(error), nextStep: nextStepOf(error) });
  }

  private add(entry: Omit<ChatEntry, 'id'>): void {
    this.ownEntries++;
    this.all.update((entries) => [...entries, { ...entry, id: `page-${this.ownEntries}` }]);
  }
}

/** `randomUUID` is missing on pages that came over plain HTTP. */
function newSessionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `playground-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
