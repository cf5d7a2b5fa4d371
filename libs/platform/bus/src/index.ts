export * from './bus.ts';
export * from './connect.ts';
export * from './handles.ts';
export { InProcessBroker } from './in-process-link.ts';
export { serve } from './serve.ts';
