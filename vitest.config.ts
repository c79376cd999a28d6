import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', new CountReporter()],
    // Vitest leaves one core free; on two cores that doubles the time of a suite that mostly waits for other programs.
    maxWorkers: '100%',
    // Programs that tests start begin as fast as those that `npm run` starts (local/keep-compiled.ts).
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    // Key generation, password derivations and `cdk synth` take seconds on a small shared machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
