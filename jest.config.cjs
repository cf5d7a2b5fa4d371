const { createEsmPreset } = require('jest-preset-angular/presets');
const { compilerOptions } = require('./tsconfig.base.json');

/** Every `@flowkeep/*` alias of tsconfig.base.json, as Jest's module mapper wants it. */
const aliases = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([alias, [path]]) => [`^${alias}$`, path.replace('./', '<rootDir>/')]),
);

const moduleNameMapper = { ...aliases, '^(\\.{1,2}/.*)\\.js$': '$1' };

/** What runs on Node: everything but the portal. */
const server = {
  rootDir: __dirname,
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts', '**/*.e2e.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/apps/admin/', '<rootDir>/libs/admin/'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper,
  setupFiles: ['reflect-metadata'],
};

/** What runs in a browser: the portal, its templates compiled as its tests start. */
const portal = {
  ...createEsmPreset({ tsconfig: '<rootDir>/apps/admin/tsconfig.check.json' }),
  rootDir: __dirname,
  testEnvironment: '<rootDir>/apps/admin/test-environment.cjs',
  roots: ['<rootDir>/apps/admin', '<rootDir>/libs/admin'],
  testMatch: ['**/*.spec.ts'],
  moduleNameMapper: { ...moduleNameMapper, tslib: 'tslib/tslib.es6.js' },
  setupFilesAfterEnv: ['<rootDir>/apps/admin/test-setup.ts'],
};

/** @type {import('jest').Config} */
module.exports = { projects: [server, portal], testTimeout: 30_000 };
