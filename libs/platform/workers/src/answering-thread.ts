import { Worker } from 'node:worker_threads';
import { DomainError } from '@flowkeep/contracts';

/**
 * What a thread does with its life: called once there, with `input`, it answers every question.
 *
 * The function's own text is what runs there, so it must stand alone, like that of a `WorkerTask`.
 */
export type ThreadProgram<Input, Question, Answer> = (input: Input) => {
  readonly answer: (question: Question) => Answer;
  /** Called before the thread ends. */
  readonly end?: () => void;
};

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What is left of an error on its way between threads. */
interface Failure {
  readonly message: string;
  readonly code: string | undefined;
  readonly errcode: number | undefined;
}

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: Failure };

/** Plain JavaScript, given to the thread as text, so that it works from source and in a bundle alike. Null asks it to end. */
const threadText = `
const { parentPort, workerData } = require('node:worker_threads');
const program = (0, eval)('(' + workerData.text + ')')(workerData.input);
parentPort.on('message', (question) => {
  if (question === null) {
    program.end?.();
    parentPort.close();
    return;
  }
  try {
    parentPort.postMessage({ answer: program.answer(question.value) });
  } catch (error) {
    const { code, errcode } = error ?? {};
    parentPort.postMessage({ failure: { message: String(error?.message ?? error), code, errcode } });
  }
});
`;

/** A thread with a program of its own, which answers what it is asked, one after the other. It starts with the first question. */
export class AnsweringThread<Input, Question, Answer> {
  private worker: Worker | undefined;
  private readonly waiting: Waiting<Answer>[] = [];

  /** @param input copied to the thread, as questions and answers are */
  constructor(
    private readonly name: string,
    private readonly program: ThreadProgram<Input, Question, Answer>,
    private readonly input: Input,
  ) {}

  /**
   * @throws Error with the message, `code` and `errcode` of what the program threw; DomainError `unavailable` when the
   *   thread ended on the way
   */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.worker ??= this.start();
      this.worker.postMessage({ value: question });
      this.waiting.push({ resolve, reject });
      if (this.waiting.length === 1) this.worker.ref();
    });
  }

  /** Lets what was asked be answered, then ends the thread. */
  async close(): Promise<void> {
    const { worker } = this;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage(null);
    await ended;
  }

  private start(): Worker {
    const workerData = { text: this.program.toString(), input: this.input };
    const worker = new Worker(threadText, { eval: true, env: {}, execArgv: [], workerData });
    worker.unref();
    worker.on('message', (reply: Reply<Answer>) => this.settle(worker, reply));
    // An error of the thread itself is followed by its exit.
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.once('exit', () => {
      this.worker = undefined;
      for (const { reject } of this.waiting.splice(0)) {
        reject(new DomainError('unavailable', { detail: `${this.name}: its thread ended`, cause }));
      }
    });
    return worker;
  }

  /** Answers come in the order of the questions. */
  private settle(worker: Worker, reply: Reply<Answer>): void {
    const first = this.waiting.shift();
    if (this.waiting.length === 0) worker.unref();
    if ('answer' in reply) first?.resolve(reply.answer);
    else first?.reject(Object.assign(new Error(reply.failure.message), reply.failure));
  }
}
