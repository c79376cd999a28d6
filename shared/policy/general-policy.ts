import { readFile } from 'node:fs/promises';
import { InternalError } from '#domain/errors.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { readDocument } from './read-document.ts';

const cedar = new URL('../../policies/general/policy.cedar', import.meta.url);
const tests = new URL('../../policies/general/tests.json', import.meta.url);

/**
 * The policy of an organization that brings none of its own, as this software brings it.
 * @throws InternalError `internal` if its files are not there
 */
export async function generalPolicy(): Promise<PolicyDocument> {
  const read = await Promise.all([readFile(cedar), readFile(tests)]).catch((cause: unknown) => {
    throw new InternalError('internal', { cause });
  });
  const result = readDocument(...read);
  if ('document' in result) return result.document;
  throw new InternalError('internal', { cause: result.findings });
}
