import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damagedFile, readOwnerOnly, writeOwnerOnly } from './owner-only-file.ts';

const fileName = 'set-up-code';
const codeForm = /^[0-9a-f]{32}$/;

/**
 * What lets whoever can read the data folder add the first administrator, and nobody anything else: 128 random bits in a file,
 * there until that administrator is.
 */
export class SetUpCode {
  readonly path: string;
  #code: string | undefined;

  private constructor(path: string, code: string | undefined) {
    this.path = path;
    this.#code = code;
  }

  /**
   * The code of the folder, made if it is needed and not there; discarded if it is needed no more.
   * @throws ProviderError `provider-misconfigured`; the error of node:fs
   */
  static async open(folder: string, { needed }: { needed: boolean }): Promise<SetUpCode> {
    const path = join(folder, fileName);
    if (!needed) {
      const code = new SetUpCode(path, undefined);
      await code.discard();
      return code;
    }
    const kept = (await readOwnerOnly(path))?.trim();
    if (kept !== undefined && !codeForm.test(kept)) throw damagedFile(path);
    const code = kept ?? randomBytes(16).toString('hex');
    if (kept === undefined) await writeOwnerOnly(path, code);
    return new SetUpCode(path, code);
  }

  /** Whether text is the code, in a time that says nothing of it. Nothing is, once the code was discarded. */
  is(text: string): boolean {
    if (this.#code === undefined) return false;
    return timingSafeEqual(digest(this.#code), digest(text));
  }

  /** Makes the code worthless, and removes its file. @throws the error of node:fs */
  async discard(): Promise<void> {
    this.#code = undefined;
    await rm(this.path, { force: true });
  }
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
