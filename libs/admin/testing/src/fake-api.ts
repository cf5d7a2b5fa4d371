import type { ApiClient } from '@flowkeep/admin-api';
import type { NativeInput, NativeReply, NativeRouteName } from '@flowkeep/contracts/http';

type Answer<Name extends NativeRouteName> = (
  input: NativeInput<Name>,
) => NativeReply<Name> | Promise<NativeReply<Name>>;
type Frames = (signal: AbortSignal) => AsyncIterable<NativeReply<'streamRun'>>;

/** Stands in for the server, with the types of its contract; keeps what it was asked. */
export class FakeApi implements Pick<ApiClient, 'call' | 'stream' | 'signIn' | 'signOut'> {
  readonly calls: { readonly name: string; readonly input: unknown }[] = [];
  private readonly answers = new Map<NativeRouteName, (input: never) => unknown>();
  private frames: Frames | null = null;

  answer<Name extends NativeRouteName>(name: Name, answer: Answer<Name>): this {
    this.answers.set(name, answer);
    return this;
  }

  answerRun(frames: Frames): this {
    this.frames = frames;
    return this;
  }

  /** What a route was asked, in order. */
  asked(name: NativeRouteName | 'signIn' | 'signOut'): unknown[] {
    return this.calls.filter((call) => call.name === name).map(({ input }) => input);
  }

  async call<Name extends NativeRouteName>(name: Name, input: NativeInput<Name>): Promise<NativeReply<Name>> {
    this.calls.push({ name, input });
    const answer = this.answers.get(name);
    if (answer === undefined) throw new Error(`the test has no answer for ${name}`);
    return (await answer(input as never)) as NativeReply<Name>;
  }

  async *stream<Name extends NativeRouteName>(
    name: Name,
    input: NativeInput<Name>,
    signal: AbortSignal,
  ): AsyncGenerator<NativeReply<Name>> {
    this.calls.push({ name, input });
    if (this.frames === null) throw new Error('the test has no frames');
    for await (const frame of this.frames(signal)) yield frame as NativeReply<Name>;
  }

  signIn(username: string, password: string): Promise<void> {
    this.calls.push({ name: 'signIn', input: { username, password } });
    return Promise.resolve();
  }

  signOut(): Promise<void> {
    this.calls.push({ name: 'signOut', input: {} });
    return Promise.resolve();
  }
}
