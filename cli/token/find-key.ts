import { AccessError, SetUpError } from '#domain/errors.ts';
import type { JudgedKey } from './judged-key.ts';

/**
 * The one key that a person means: by its label, or the beginning of its id or of its public key's SHA-256.
 * @throws AccessError `not-found` if there is none; SetUpError `usage` if several are meant
 */
export function findKey(keys: readonly JudgedKey[], named: string): JudgedKey {
  const start = named.toLowerCase();
  const meant = keys.filter(
    ({ id, label, publicKeySha256 = '' }) =>
      label === named || id.startsWith(start) || publicKeySha256.startsWith(start),
  );
  const [key, another] = meant;
  if (key === undefined) {
    throw new AccessError('not-found', {
      field: 'KEY',
      why: 'the token has no such key',
      next: 'See its keys by escrow token show.',
    });
  }
  if (another === undefined) return key;
  throw new SetUpError('usage', {
    field: 'KEY',
    why: `it names ${meant.length} keys`,
    next: 'Name more of its id, as escrow token show KEY prints it.',
  });
}
