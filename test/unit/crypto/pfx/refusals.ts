import { readPfx } from '#crypto/pfx/read.ts';
import { errorTable } from '#domain/error-codes.ts';
import { PfxError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { Secret } from '#domain/secret.ts';
import { type CraftedPfx, certificateBag, clear, craftPfx, keyBag, sealed } from './crafted.ts';
import { password, type TestSubject } from './subject.ts';

/** A good key pair in a file that is crafted, in the profile `modern`, with some of it changed. */
export function craftedOf(subject: TestSubject, change: Partial<CraftedPfx> = {}): Uint8Array {
  return craftPfx({ safes: goodSafes(subject), ...change });
}

export function goodSafes({ certificate, privateKey }: TestSubject) {
  return [sealed([certificateBag(certificate)]), clear(keyBag(privateKey.bytes()))];
}

/** The code and message by which the strict reader refuses. Anything but a PfxError fails the test. */
export async function refusal(
  bytes: Uint8Array,
  options: { profile?: PfxProfile; iterationBudget?: number } = {},
  secret: Secret = password,
): Promise<string> {
  return await refusalBy(() => readPfx(bytes, secret, options));
}

/** The same of any other way to read. */
export async function refusalBy(read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    if (error instanceof PfxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

/** The code and its general sentence, where there is nothing more to say. */
export const plainly = (code: keyof typeof errorTable) => `${code}: ${errorTable[code].meaning}`;
