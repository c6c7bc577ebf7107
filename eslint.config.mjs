import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** The walls between projects; ARCHITECTURE.md shows the same table in prose. */
const walls = [
  { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:pure', onlyDependOnLibsWithTags: ['type:contracts'] },
  { sourceTag: 'type:engine', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:testing'] },
  { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:testing'] },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform'] },
  {
    sourceTag: 'type:app',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:pure', 'type:engine', 'type:testing'],
  },
  // `cyclone up` runs the whole platform in one process: the one place where apps meet.
  {
    sourceTag: 'type:composition',
    onlyDependOnLibsWithTags: [
      'type:contracts',
      'type:platform',
      'type:pure',
      'type:engine',
      'type:testing',
      'type:app',
    ],
  },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:testing'] },
  { sourceTag: 'type:bench', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform', 'type:testing'] },
  { sourceTag: 'type:example', onlyDependOnLibsWithTags: [] },
  // tools/generate writes the pages that are made of code.
  { sourceTag: 'type:root', onlyDependOnLibsWithTags: ['type:contracts', 'type:pure', 'type:composition'] },
];

/** What a pure folder must not reach: the clock, chance, the machine. */
const impure = [
  { object: 'Date', property: 'now', message: 'Time comes in the command.' },
  { object: 'Math', property: 'random', message: 'Chance comes in the command.' },
  { object: 'crypto', property: 'randomUUID', message: 'Ids come in the command.' },
];

export default tseslint.config(
  { ignores: ['examples/hello-service/**', '**/dist/**', '**/node_modules/**', 'coverage/**', '.nx/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], enforceBuildableLibDependency: false, depConstraints: walls },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Names that only serve to leave a field out, or to document a parameter, may begin with "_".
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
        { selector: 'ExportDefaultDeclaration', message: 'Name what is exported.' },
      ],
      eqeqeq: ['error', 'always'],
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/domain/**/*.ts', 'libs/pipeline-language/src/**/*.ts', 'libs/contracts/src/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: {
      'no-restricted-properties': ['error', ...impure],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'Buffer'],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes in the command.' },
        { selector: 'AwaitExpression', message: 'Pure code does not wait.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
      ],
    },
  },
  {
    files: ['apps/**/src/**/*.ts', 'libs/**/src/**/*.ts'],
    ignores: [
      '**/config.ts',
      '**/*.spec.ts',
      '**/*.contract.ts',
      '**/testing/**',
      '**/main.ts',
      'apps/cli/**',
      'libs/{testing,local-servers,service-host}/**',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.contract.ts', '**/testing/**', 'libs/testing/**', 'e2e/**', 'bench/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@cyclone/testing', '@cyclone/*/testing'], message: 'Test helpers stay in tests.' }] },
      ],
    },
  },
);
