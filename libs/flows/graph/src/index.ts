export * from './json.ts';
export * from './model.ts';
export * from './order.ts';
export * from './secret-texts.ts';
export * from './validation.ts';
