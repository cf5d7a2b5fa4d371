/**
 * How Node runs Flowkeep's servers: a young generation large enough, from the start, that a request's garbage dies there,
 * and an old one that is looked through before it has doubled, both small enough for the memory bar of docs/benchmarks.md.
 * The one place for such flags.
 * The last ends Node's own options: it would otherwise take `--env-file` after the program's name for its own too.
 */
export const serverFlags = ['--min-semi-space-size=24', '--max-semi-space-size=24', '--heap-growing-percent=75', '--'];
