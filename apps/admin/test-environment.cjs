const { TestEnvironment } = require('jest-environment-jsdom');

/** What browsers have and jsdom does not. */
const missing = ['fetch', 'Headers', 'Request', 'Response', 'ReadableStream', 'TextDecoderStream', 'TransformStream'];
const encoding = ['TextEncoder', 'TextDecoder', 'Uint8Array', 'structuredClone'];

/** A page for the portal's tests, with the platform's own streams and requests. */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of [...missing, ...encoding]) this.global[name] = globalThis[name];
  }
};
