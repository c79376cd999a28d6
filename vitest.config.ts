import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Key generation, password derivations and `cdk synth` take seconds on a small shared machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
