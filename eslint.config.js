import tseslint from 'typescript-eslint';

const electronOnlyInShell = {
  name: 'electron',
  message: "Only main/shell/desktop may import 'electron': give the service a function instead.",
};

export default tseslint.config(
  {
    ignores: ['node_modules', '.cache', 'native/build', 'demo', '**/*.js', '**/*.mjs', '**/*.cjs'],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          './app/tsconfig.json',
          './native/tsconfig.json',
          './main/tsconfig.json',
          './renderer/tsconfig.json',
          './tsconfig.tests.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // An async function without await turns what it throws into a rejection, as its caller expects.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/restrict-template-expressions': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 15],
      'max-params': ['error', 5],
      'max-depth': ['error', 4],
      'no-restricted-imports': ['error', electronOnlyInShell],
      'no-restricted-properties': [
        'error',
        { object: 'ipcMain', message: 'Use handle() of main/shell/desktop: it checks who asks.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export by name: the file is named after its main export.',
        },
      ],
    },
  },
  {
    // Markup is long and flat, and a factory holds all that shares its state.
    files: ['renderer/**'],
    rules: {
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['main/shell/desktop/**'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['main/shell/desktop/handle.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['**/*.test.ts', 'e2e/**', 'bench/**', 'scripts/**', '*.config.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': 'off',
    },
  },
);
