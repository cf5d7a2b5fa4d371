export * from './logger.ts';
export * from './pino-logger.ts';
