import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // A guard against hanging alone: a machine busy with other work takes several times as long as a quiet one.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Two cores, and the end-to-end suites start servers: more files at once only makes them wait for each other.
    maxWorkers: 2,
    pool: 'forks',
    // On a machine with a GPU, or the first process would take all of its memory.
    env: { TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
    reporters: ['default'],
  },
});
