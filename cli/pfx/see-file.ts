import { describePfx, type PfxDescription } from '#crypto/pfx/describe.ts';
import { PfxError } from '#domain/errors.ts';
import { otherFile } from './other-file.ts';

/** What our reader says of a file that is something else. */
const unlikePfx: readonly string[] = ['pfx-malformed', 'pfx-unsupported', 'pfx-too-large'];

/**
 * What shows of a PFX without its password; so that nobody is asked for the password of what is none.
 * @throws PfxError as `describePfx`; `pfx-malformed` that says what the file is instead, where that is recognized
 */
export function seeFile(pfx: Uint8Array): PfxDescription {
  try {
    return describePfx(pfx);
  } catch (error) {
    const other = error instanceof PfxError && unlikePfx.includes(error.code) ? otherFile(pfx) : undefined;
    throw other === undefined ? error : new PfxError('pfx-malformed', { ...other, cause: error });
  }
}
