/** As much of a Passport strategy as verifying needs. */
interface PassportStrategy {
  authenticate(request: unknown, options: unknown): unknown;
}

/**
 * Lets a Passport strategy verify requests. Passport's own middleware makes an object from the strategy for every request
 * and gives it its functions one by one, which costs more than everything the strategies do; here there is a class for it.
 *
 * @returns a function that resolves to what the strategy's callback found, and rejects with `failure` of what the strategy
 *   did not accept or with the error that kept it from deciding
 */
export function strategyVerifier<Verified>(
  strategy: PassportStrategy,
  failure: (info: unknown) => Error,
): (request: object) => Promise<Verified> {
  class Attempt {
    constructor(
      readonly resolve: (verified: Verified) => void,
      readonly reject: (error: unknown) => void,
    ) {}

    success(verified: Verified): void {
      this.resolve(verified);
    }

    fail(info: unknown): void {
      this.reject(failure(info));
    }

    error(error: unknown): void {
      this.reject(error);
    }
  }
  // Strategies look for their settings and for these functions on `this`.
  Object.setPrototypeOf(Attempt.prototype, strategy);
  return (request) =>
    new Promise((resolve, reject) => strategy.authenticate.call(new Attempt(resolve, reject), request, {}));
}
