import { type NativeRouteName, nativePaths } from '@flowkeep/contracts/http';

/** What fills the address and the body; which of them a route has, its contract says. */
export interface RequestParts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** The request of a native route with its parts filled in. */
export function nativeRequest(
  name: NativeRouteName,
  { params = {}, query = {}, body }: RequestParts,
  signal?: AbortSignal,
) {
  const { method, path } = nativePaths[name];
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
  const search = new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  ).toString();
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  };
  return { url: search === '' ? filled : `${filled}?${search}`, init };
}
