import type { Problem } from '@flowkeep/contracts/http';

type Issue = NonNullable<Problem['issues']>[number];

/** A refused or failed request, with the server's public sentence as its message. */
export class ApiProblem extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The server's code, or `unreachable` when no answer came. */
  readonly code: string;
  readonly issues: readonly Issue[];

  constructor(problem: {
    readonly title: string;
    status: number;
    code: string;
    issues?: readonly Issue[] | undefined;
  }) {
    super(problem.title);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code;
    this.issues = problem.issues ?? [];
  }

  /** Whether the browser has no session the server accepts. */
  get signedOut(): boolean {
    return signedOutCodes.has(this.code);
  }
}

const signedOutCodes = new Set([
  'credential_missing',
  'token_invalid',
  'token_expired',
  'refresh_token_invalid',
  'user_inactive',
]);

/** Codes of a session that can go on once it is refreshed. */
const refreshableCodes = new Set(['credential_missing', 'token_invalid', 'token_expired']);

export function isRefreshable(problem: ApiProblem): boolean {
  return refreshableCodes.has(problem.code);
}

export function unreachable(): ApiProblem {
  return new ApiProblem({
    title: 'The server can’t be reached. Check the connection and try again.',
    status: 0,
    code: 'unreachable',
  });
}

/** Reads the failure of an answer: problem+json, or `detail` of the session routes. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const fallback = { title: 'The server answered in a way this page does not understand.', code: 'unknown' };
  const body = (await response.json().catch(() => null)) as (Partial<Problem> & { readonly detail?: unknown }) | null;
  const title = body?.title ?? (typeof body?.detail === 'string' ? body.detail : fallback.title);
  return new ApiProblem({ title, status: response.status, code: body?.code ?? fallback.code, issues: body?.issues });
}

/** What to tell a person about anything that was thrown. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof ApiProblem)) return 'Something went wrong on this page. Reload it and try again.';
  const [issue] = error.issues;
  if (issue === undefined) return error.message;
  const where = issue.path.filter((part) => part !== 'body').join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}
