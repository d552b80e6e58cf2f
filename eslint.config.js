import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

/** Rooms under src/; each is entered by its index only. */
const rooms = [
  'artifacts',
  'cli',
  'spec',
  'search',
  'curves',
  'report',
  'data',
  'models',
  'export',
  'augmentation',
  'predict',
  'training',
  'trainer',
  'storage',
  'stack',
  'workers',
];

/** Files of a room that hold nothing but types, constants and sums of these, and may be imported from anywhere. */
const openFiles = {
  cli: ['command.ts', 'output.ts'],
  spec: ['types.ts'],
  data: ['catalog.ts', 'dataset-shape.ts', 'split-sizes.ts'],
  storage: ['storage.ts'],
  trainer: ['protocol.ts'],
};

/** A room's inside is closed to every other room. */
const walls = rooms.map((room) => ({
  target: [
    './workflows',
    './activities',
    ...rooms.filter((other) => other !== room).map((other) => `./src/${other}`),
  ],
  from: `./src/${room}`,
  except: ['./index.ts', ...(openFiles[room] ?? []).map((file) => `./${file}`)],
  message: `Import from src/${room}/index.ts: what a room's index does not export is its own.`,
}));

const only = (names, message) => names.map((name) => ({ name, message }));
const tensorflow = only(
  ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs', '@tensorflow/tfjs-core'],
  'Only src/training and src/trainer/process.ts load TensorFlow.',
);
const inputAndOutput = only(
  [
    'node:fs',
    'node:fs/promises',
    'node:child_process',
    'node:net',
    'node:http',
    'node:https',
    'node:os',
    'node:timers',
    'node:timers/promises',
    'node:process',
    'node:worker_threads',
  ],
  'This room is pure: no I/O, clock, environment or global randomness.',
);
const impureGlobals = [
  { object: 'Math', property: 'random', message: 'Seeds are derived, never global: src/random.ts.' },
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'src/storage/generated/**', 'coverage/**'] },
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'Buffer',
          'AbortController',
          'AbortSignal',
          'structuredClone',
          'performance',
          'TextDecoder',
          'TextEncoder',
          'WebAssembly',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.check.json' })],
    },
    rules: {
      'no-undef': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths: tensorflow }],
      'no-restricted-properties': ['error', ...impureGlobals],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
          message: 'Only entry points exit.',
        },
        { selector: 'ExportAllDeclaration', message: 'Export by name.' },
        { selector: 'TSEnumDeclaration', message: 'String unions, not enums.' },
      ],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: walls }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: [
      'src/training/**/*.ts',
      'src/trainer/process.ts',
      'tests/training/**/*.ts',
      'tests/trainer/**/*.ts',
    ],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: [
      'src/spec/arms.ts',
      'src/search/**/*.ts',
      'src/curves/**/*.ts',
      'src/report/model.ts',
      'src/augmentation/**/*.ts',
    ],
    rules: {
      'no-restricted-imports': ['error', { paths: [...tensorflow, ...inputAndOutput] }],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'performance'],
      'no-restricted-properties': [
        'error',
        ...impureGlobals,
        { object: 'Date', property: 'now', message: 'This room has no clock.' },
      ],
    },
  },
  {
    files: [
      'src/cli/main.ts',
      'src/workers/main.ts',
      'src/trainer/process.ts',
      'src/trainer/command/guard.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Export by name.' },
        { selector: 'TSEnumDeclaration', message: 'String unions, not enums.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'activities/**/*.ts'],
    ignores: ['src/storage/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [{ name: '@prisma/client', message: 'Only src/storage imports the Prisma client.' }],
          patterns: [
            {
              group: ['**/storage/generated/**', '@prisma/*'],
              message: 'Only src/storage imports the Prisma client.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*'], message: 'Workflows are deterministic: no Node built-ins.' },
            {
              group: ['**/src/**', '**/activities/**'],
              allowTypeImports: true,
              message: 'Workflows import types only.',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'fetch', 'setImmediate'],
    },
  },
  {
    files: ['tests/**/*.ts', 'bench/**/*.ts', 'chaos/**/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
