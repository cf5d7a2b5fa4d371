/** The way out of a run: guarded, whoever asks. */
export abstract class Outbound {
  abstract readonly fetch: typeof fetch;
}
