/** Tells the bench where this server listens. */
export function announce(url: string): void {
  process.stdout.write(`listening ${url}\n`);
}

type AnyClass = abstract new (...args: never[]) => object;

/** Decorators without decorator syntax: these servers run as they are, without a compiler. */
export function decorateClass(target: AnyClass, decorators: readonly ClassDecorator[]): void {
  for (const decorator of decorators.toReversed()) decorator(target as never);
}

export function decorateMethod(target: AnyClass, name: string, decorators: readonly MethodDecorator[]): void {
  const prototype = target.prototype as object;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  for (const decorator of decorators.toReversed()) decorator(prototype, name, descriptor);
  Object.defineProperty(prototype, name, descriptor);
}
