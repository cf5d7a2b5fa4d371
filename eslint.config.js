import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import angular from 'angular-eslint';
import prettier from 'eslint-config-prettier';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { boundaries } from './tools/boundaries.ts';

const noDefaultExports = {
  selector: 'ExportDefaultDeclaration',
  message: 'Name what you export.',
};

const noProcessEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read settings through @flowkeep/config.',
};

const noSyncCrypto = {
  selector:
    'CallExpression[callee.name=/^(scrypt|pbkdf2|argon2|hash|verify|hkdf|generateKeyPair)Sync$/], CallExpression > MemberExpression.callee[property.name=/^(scrypt|pbkdf2|argon2|hkdf|generateKeyPair)Sync$/]',
  message: 'Synchronous crypto stalls every other request.',
};

const noWallClock = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Take a Clock.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take a Clock.' },
  { selector: 'CallExpression[callee.name=/^set(Timeout|Interval)$/]', message: 'Take a Clock.' },
];

const noOutboundHttp = [
  { selector: "CallExpression[callee.name='fetch']", message: 'Outbound HTTP goes through libs/platform/egress.' },
];

const noPortalFetch = {
  selector: "CallExpression[callee.name='fetch']",
  message: 'Requests of the portal go through @flowkeep/admin-api.',
};

const outboundPackages = [
  'axios',
  'got',
  'undici',
  'node-fetch',
  'http',
  'https',
  'node:http',
  'node:https',
  'http2',
  'node:http2',
];

const portal = ['apps/admin/**/*.ts', 'libs/admin/**/*.ts'];
const portalTemplates = ['apps/admin/**/*.html', 'libs/admin/**/*.html'];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.nx', 'coverage', 'data'] },
  {
    files: ['**/*.{js,cjs,mjs,ts}'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.node,
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaries],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // An empty string from a client often means "not given".
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      '@typescript-eslint/unified-signatures': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', noDefaultExports, noProcessEnv, noSyncCrypto, ...noOutboundHttp],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...outboundPackages.map((name) => ({
              name,
              allowTypeImports: true,
              message: 'Outbound HTTP goes through libs/platform/egress.',
            })),
            { name: '@flowkeep/testing', message: 'Only tests use the testing library.' },
          ],
        },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['libs/services/**/*.ts', 'libs/platform/**/*.ts', 'libs/flows/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.spec-stand.ts', 'libs/platform/config/src/clock.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        noDefaultExports,
        noProcessEnv,
        noSyncCrypto,
        ...noOutboundHttp,
        ...noWallClock,
      ],
    },
  },
  {
    // It serves HTTP, so it knows Node's server; what asks others stays away.
    files: ['libs/platform/http/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:http',
              importNames: ['request', 'get', 'Agent'],
              message: 'Outbound HTTP goes through libs/platform/egress.',
            },
          ],
        },
      ],
    },
  },
  {
    // The one place that asks others.
    files: ['libs/platform/egress/**/*.ts'],
    rules: {
      'no-restricted-imports': 'off',
      'no-restricted-syntax': ['error', noDefaultExports, noProcessEnv, noSyncCrypto, ...noWallClock],
    },
  },
  {
    files: ['libs/platform/config/src/{process,library}-environment.ts'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExports] },
  },
  {
    files: [
      '**/*.spec.ts',
      '**/*.spec-stand.ts',
      '**/*.e2e.ts',
      'apps/e2e/**/*.ts',
      'libs/testing/**/*.ts',
      'tools/**/*.ts',
    ],
    rules: {
      'no-restricted-syntax': ['error', noDefaultExports],
      'no-restricted-imports': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // A stream under test often yields without waiting.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: portal,
    extends: [angular.configs.tsRecommended],
    processor: angular.processInlineTemplates,
    languageOptions: { globals: globals.browser, parserOptions: { project: './apps/admin/tsconfig.check.json' } },
    rules: {
      '@angular-eslint/component-selector': ['error', { type: 'element', prefix: 'fk', style: 'kebab-case' }],
      'no-restricted-syntax': ['error', noDefaultExports, noPortalFetch],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@flowkeep/contracts', message: 'The portal carries @flowkeep/contracts/http alone.' },
            { name: '@flowkeep/admin-testing', message: 'Only tests use the testing library.' },
          ],
        },
      ],
    },
  },
  {
    files: ['libs/admin/api/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExports] },
  },
  {
    files: ['apps/admin/**/*.spec.ts', 'libs/admin/**/*.spec.ts', 'libs/admin/testing/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExports], 'no-restricted-imports': 'off' },
  },
  {
    files: portalTemplates,
    extends: [angular.configs.templateRecommended, angular.configs.templateAccessibility],
    rules: {
      '@angular-eslint/template/no-inline-styles': 'error',
      '@angular-eslint/template/prefer-control-flow': 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
