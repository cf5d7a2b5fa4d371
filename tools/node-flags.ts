/**
 * How Node runs Flowkeep's servers: a young generation large enough that a request's garbage dies there, small enough for
 * the memory bar of docs/benchmarks.md. The one place for such flags.
 */
export const serverFlags = ['--max-semi-space-size=16'];
