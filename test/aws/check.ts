import { KMS } from '@aws-sdk/client-kms';
import { whereTo } from './where-to.ts';

// Before vitest, which would bury one sentence under two stack traces.
const kms = new KMS();
try {
  await whereTo(kms);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  kms.destroy();
}
