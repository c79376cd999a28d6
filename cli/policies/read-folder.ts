import { join } from 'node:path';
import { SetUpError } from '#domain/errors.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { checkPolicy } from '#policy/check.ts';
import type { Finding } from '#policy/finding.ts';
import { refusalOf } from '#policy/finding.ts';
import { readCedar, readDocument } from '#policy/read-document.ts';
import { readNamedFile } from '../read-file.ts';

/**
 * Reads a policy from its folder.
 * @returns the document, or what is wrong with its files
 * @throws SetUpError `usage`, StoreError `store-unavailable` if one of them cannot be read
 */
export async function readPolicyFolder(
  folder: string,
): Promise<{ document?: PolicyDocument; findings: readonly Finding[] }> {
  const [cedar, tests] = await Promise.all(
    ['policy.cedar', 'tests.json'].map((name) => readFileOf(folder, name)),
  );
  return readDocument(cedar ?? new Uint8Array(), tests ?? new Uint8Array());
}

/**
 * Reads a policy from its folder and checks it, so that nothing is sent that would be refused.
 * @throws InputError `invalid-input` for all that is wrong with it, by file, line and column; SetUpError `usage`, StoreError
 *   `store-unavailable` if one of its files cannot be read
 */
export async function readGoodPolicy(folder: string): Promise<PolicyDocument> {
  const { document, findings: unread } = await readPolicyFolder(folder);
  const findings = document === undefined ? unread : await checkPolicy(document);
  if (document === undefined || findings.length > 0) throw refusalOf(findings);
  return document;
}

/**
 * Reads a policy's text from its folder, whether or not it has tests.
 * @throws SetUpError `usage`, StoreError `store-unavailable` if it cannot be read; InputError `invalid-input` if it is no text
 */
export async function readPolicyText(folder: string): Promise<string> {
  const read = readCedar(await readFileOf(folder, 'policy.cedar'));
  if ('text' in read) return read.text;
  throw refusalOf(read.findings);
}

/** Whoever names one of the files, or the folder of several policies, is told what a policy is. */
async function readFileOf(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readNamedFile(join(folder, name));
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    const { why = 'it cannot be read' } = error.details;
    const next = 'Name the folder of one policy, which holds policy.cedar and tests.json.';
    throw new SetUpError('usage', { field: join(folder, name), why, next, cause: error });
  }
}
