import { SetUpError } from '#domain/errors.ts';
import type { Registry } from '#ports/registry.ts';
import type { ExpectedKeys, KeyChoice } from './open-keys.ts';

/**
 * The keys that a data folder was set up with, looked up before custody is opened: in another place nothing of it would open, and
 * nothing is to be made there. Undefined where the folder is new.
 * @param retired keys that signed receipts before: where one of them did at the set-up, another must be there now, and which is not known
 * @param folders the options that name other folders, as in `--data`
 * @throws SetUpError `not-set-up` if it was set up with another custody; StoreError `store-unavailable`
 */
export async function expectedKeys(
  registry: Registry,
  { keys, retiredReceiptKeys = [] }: Pick<KeyChoice, 'keys' | 'retiredReceiptKeys'>,
  folders: string,
): Promise<ExpectedKeys | undefined> {
  let expected: ExpectedKeys | undefined;
  for (const id of await registry.organizations()) {
    const organization = await registry.read('organization', id, 'organization');
    if (organization === undefined) continue;
    if (organization.custody !== keys) throw otherCustody(organization.custody, folders);
    const { receiptKeyId } = organization;
    expected = retiredReceiptKeys.some(({ kid }) => kid === receiptKeyId) ? {} : { receiptKeyId };
  }
  return expected;
}

function otherCustody(custody: string, folders: string): SetUpError {
  return new SetUpError('not-set-up', {
    why: `The data folder was set up with keys in ${custody}.`,
    next: `Run again with --keys ${custody}, or name new folders with ${folders}.`,
  });
}
