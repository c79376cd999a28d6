import { join } from 'node:path';
import { functionNames, specOf } from './function-names.ts';

/** Folders with the functions' code, as they come with this package: `functions/CUSTODY/ENTRY`, beside this module. */
export function packagedCode(custody: 'kms' | 'pkcs11'): Record<string, string> {
  const entries = functionNames.map((name) => specOf(name).entry);
  const folder = join(import.meta.dirname, 'functions', custody);
  return Object.fromEntries(entries.map((entry) => [entry, join(folder, entry)]));
}
