/** A failure as the native API says it (RFC 9457, `application/problem+json`). */
export interface Problem {
  readonly type: 'about:blank';
  /** The public sentence. */
  readonly title: string;
  readonly status: number;
  /** A code of the error registry. */
  readonly code: string;
  /** The refused fields: where and why, never what was sent. */
  readonly issues?: readonly {
    readonly path: readonly (string | number)[];
    readonly code: string;
    readonly message: string;
  }[];
}
