import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { policyName } from '#crypto/stored-policy.ts';
import { SetUpError } from '#domain/errors.ts';
import { isSettings, type Organization } from '#domain/organization.ts';
import { fileError } from '#domain/plain-words.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { refusalOf } from '#policy/finding.ts';
import { readDocument } from '#policy/read-document.ts';

/** The policies that this software brings. */
const brought = fileURLToPath(new URL('../../policies', import.meta.url));
const names = ['general', 'federal'];

/**
 * The policy that the demo runs under.
 * @param chosen the name of one that this software brings, or a folder
 * @throws SetUpError `usage` if it cannot be read; InputError `invalid-input` for what is wrong with its files
 */
export async function chosenPolicy(chosen: string): Promise<PolicyDocument> {
  const folder = names.includes(chosen) ? join(brought, chosen) : chosen;
  const [cedar, tests] = await Promise.all(
    ['policy.cedar', 'tests.json'].map((name) => readPolicyFile(join(folder, name))),
  );
  const read = readDocument(cedar ?? new Uint8Array(), tests ?? new Uint8Array());
  if ('document' in read) return read.document;
  throw refusalOf(read.findings);
}

async function readPolicyFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** @throws SetUpError `not-set-up` if an earlier run on the same data folder was set up with another policy */
export function checkSamePolicy(existing: Organization | undefined, document: PolicyDocument): void {
  if (existing === undefined || isSettings(existing.policy)) return;
  if (existing.policy.document === policyName(document)) return;
  throw new SetUpError('not-set-up', {
    why: 'The data folder is of an earlier run with another policy.',
    next: 'Run again with --policy of that run; or name new folders with --out and --data.',
  });
}
