export { FakeApi } from './fake-api.ts';
export { type Rendered, render } from './render.ts';
export { sampleAccount, sampleFlow, sampleKey, sampleMessage, sampleVariable } from './samples.ts';
