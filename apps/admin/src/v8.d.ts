/** What the contracts' sources name besides the language; the page itself never runs them. */
interface ErrorConstructor {
  stackTraceLimit: number;
}
