import { SetUpError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { Custody } from '#domain/purpose.ts';

/**
 * Receipts verify under the keys of the custody that a folder was set up with, and its keys open only there.
 * @param folders the options that name other folders, as in `--data`
 * @throws SetUpError `not-set-up` if it was set up with another custody
 */
export function checkCustody(existing: Organization | undefined, custody: Custody, folders: string): void {
  if (existing === undefined || existing.custody === custody) return;
  throw new SetUpError('not-set-up', {
    why: `The data folder was set up with keys in ${existing.custody}.`,
    next: `Run again with --keys ${existing.custody}, or name new folders with ${folders}.`,
  });
}
