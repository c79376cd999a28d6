import { PfxError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { type Bag, readBags } from './bags.ts';
import { type Element, type Encoding, parseElement } from './ber.ts';
import { decrypt, derivationsOf, deriveCipher } from './cipher.ts';
import type { PfxDerivations } from './derivations.ts';
import type { Encrypted } from './encryption.ts';
import type { ReadingRules } from './parameters.ts';

/** What opening the parts of a file takes. */
export interface Opening {
  encoding: Encoding;
  password: Secret;
  derivations: PfxDerivations;
  /** Whether a MAC said that the password is right. */
  macVerified: boolean;
}

/** Starts all that opening some parts will derive, so that it is derived at the same time. */
export function prepare(
  parts: readonly Encrypted[],
  { password, derivations }: Pick<Opening, 'password' | 'derivations'>,
): void {
  for (const { encryption } of parts) {
    for (const derivation of derivationsOf(encryption.cipher)) derivations.prepare(password, derivation);
  }
}

/**
 * Decrypts a part and reads its outermost element: where either fails, the key was not the part's. Its key is in memory no
 * longer than that.
 * @throws PfxError `pfx-parts-differ` if a MAC said before that the password is right, else `pfx-wrong-password-or-damaged`;
 *   `pfx-unsupported` for an algorithm that is not known here; `pfx-too-large`
 * @throws InternalError `internal` if a worker thread failed
 */
export async function openPart({ encryption, bytes }: Encrypted, opening: Opening): Promise<Element> {
  const { cipher, name } = encryption;
  if (cipher === undefined) throw new PfxError('pfx-unsupported', { why: `the file uses ${name}` });
  const derived = await deriveCipher(cipher, opening.password, opening.derivations);
  try {
    return parsed(decrypt(derived, bytes), opening.encoding);
  } catch (cause) {
    if (cause instanceof PfxError && cause.code === 'pfx-too-large') throw cause;
    throw new PfxError(opening.macVerified ? 'pfx-parts-differ' : 'pfx-wrong-password-or-damaged', { cause });
  }
}

/** What cannot be parsed may be a damaged private key, so nothing is left of it. */
function parsed(plain: Uint8Array, encoding: Encoding): Element {
  try {
    return parseElement(plain, encoding);
  } catch (error) {
    plain.fill(0);
    throw error;
  }
}

/**
 * Opens encrypted parts and reads their bags, one list a part. Throws as `openPart` and `readBags`.
 * @param rules those of the file, whose budget pays for what stands inside
 */
export async function openBags(
  parts: readonly Encrypted[],
  opening: Opening,
  rules: ReadingRules,
): Promise<Bag[][]> {
  const opened: Bag[][] = [];
  for (const part of parts) opened.push(readBags(await openPart(part, opening), rules));
  return opened;
}
