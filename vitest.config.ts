import { defineConfig } from 'vitest/config';

/** One project per kind of run-time, so that a part of the suite can be run by name. */
const project = (name: string, include: string[], timeoutSeconds = 60) => ({
  test: {
    name,
    include,
    environment: 'node' as const,
    pool: 'forks' as const,
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('app', ['app/**/*.test.ts']),
      project(
        'main',
        [
          'main/!(engines|services)/**/*.test.ts',
          'main/*.test.ts',
          'bench/**/*.test.ts',
          'endurance/**/*.test.ts',
          'fuzz/**/*.test.ts',
          'scripts/**/*.test.ts',
        ],
        180,
      ),
      project('renderer', ['renderer/**/*.test.ts']),
      project('engines', ['main/engines/**/*.test.ts', 'native/**/*.test.ts'], 180),
      project('services', ['main/services/**/*.test.ts'], 300),
    ],
  },
});
