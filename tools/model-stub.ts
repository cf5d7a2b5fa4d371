import { parseArgs } from 'node:util';
// Run by Node itself, which knows no aliases.
// eslint-disable-next-line @nx/enforce-module-boundaries
import { startModelStub } from '../libs/testing/src/model-stub.ts';

/**
 * A server that speaks OpenAI's API without a model behind it, to try flows and to measure.
 *
 * Usage: npm run model-stub -- [--port 8001] [--delay MS] [--rate TOKENS_PER_SECOND] [--key KEY]
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8001' },
    delay: { type: 'string', default: '0' },
    rate: { type: 'string' },
    key: { type: 'string' },
  },
});

const stub = await startModelStub({
  port: Number(values.port),
  firstTokenDelayMs: Number(values.delay),
  tokensPerSecond: values.rate === undefined ? null : Number(values.rate),
  apiKey: values.key ?? null,
});
process.stdout.write(`The model stub is running at ${stub.url}

Store these variables for your flows:
  OPENAI_API_KEY   ${values.key ?? 'anything'}
  OPENAI_API_BASE  ${stub.url}
and start Flowkeep with FLOWKEEP_SSRF_ALLOWED_HOSTS=127.0.0.1, or it will not be let out to this machine.
`);
process.once('SIGINT', () => void stub.stop());
process.once('SIGTERM', () => void stub.stop());
