import type { Settings } from '@flowkeep/config';

const everyMethod = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'];

/** What pages of other origins may read of an answer. */
const exposedHeaders = ['x-request-id', 'retry-after', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'];

type CorsSettings = Pick<Settings, 'corsOrigins' | 'corsAllowCredentials' | 'corsAllowMethods' | 'corsAllowHeaders'>;

/**
 * The four CORS settings as options of `@fastify/cors`; null when no origin is allowed, which is the default.
 * A list of `*` means: every method, or the headers the browser asks for.
 */
export function corsOptions(settings: CorsSettings) {
  if (settings.corsOrigins.length === 0) return null;
  const anyOrigin = settings.corsOrigins.includes('*');
  return {
    origin: anyOrigin ? '*' : [...settings.corsOrigins],
    credentials: settings.corsAllowCredentials && !anyOrigin,
    methods: settings.corsAllowMethods.includes('*') ? everyMethod : [...settings.corsAllowMethods],
    ...(settings.corsAllowHeaders.includes('*') ? {} : { allowedHeaders: [...settings.corsAllowHeaders] }),
    exposedHeaders,
    // An OPTIONS request that is no preflight gets the same empty answer, not a sentence in plain text.
    strictPreflight: false,
    maxAge: 600,
  };
}
