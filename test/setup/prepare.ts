// Sets up what the tests need and this machine lacks, or says what to run. It comes before everything else, so it uses
// nothing but Node itself, and prints nothing when all is there.
import { fileURLToPath } from 'node:url';
import { debianPackages, ensurePackages } from './debian-packages.ts';
import { ensureOpenssl11 } from './openssl-1.1.ts';
import { type Machine, run, SetUpProblem } from './run.ts';
import { ensureRuntimeClient } from './runtime-client.ts';
import { ensureTokenBinding } from './token-binding.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const machine: Machine = {
  path: process.env['PATH'] ?? '',
  isRoot: process.getuid?.() === 0,
  run,
  say: (line) => console.log(`set-up: ${line}`),
};

try {
  ensurePackages(debianPackages, machine);
  ensureTokenBinding(root, machine);
  ensureOpenssl11(root, machine);
  ensureRuntimeClient(root, machine);
} catch (error) {
  if (!(error instanceof SetUpProblem)) throw error;
  console.error(`${error.message}\n\nRun this, then the tests again:\n\n  ${error.command}\n`);
  process.exitCode = 1;
}
