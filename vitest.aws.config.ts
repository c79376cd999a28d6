import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/reporter.ts';

/** The contracts of the AWS adapters, on the account or endpoint that the environment names: `npm run test:aws`. */
export default defineConfig({
  test: {
    include: ['test/aws/**/*.aws.ts'],
    globalSetup: ['test/aws/set-up.ts'],
    reporters: ['default', new CountReporter()],
    fileParallelism: false,
    // AWS KMS makes keys slowly.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
