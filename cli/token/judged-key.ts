import type { KeyFacts } from '#adapters/pkcs11/list-keys.ts';
import { type Purpose, purposeNames, purposes } from '#domain/purpose.ts';

/** What the service has a key of its own for. */
type OwnPurpose = 'custody' | 'mac' | 'binding' | 'receipt';

/** A key of the token, with what it is there for, and what is not as it must be. */
export interface JudgedKey extends KeyFacts {
  /** Null for a key that the service does not know. */
  purpose: Purpose | OwnPurpose | null;
  /** In sentences; empty for a key that is as it must be, and for one that the service does not know. */
  wrong: string[];
}

/** Keys of the service's own, by their labels. */
const ownKeys: Readonly<Record<string, OwnPurpose>> = {
  'escrow-custody': 'custody',
  'escrow-mac': 'mac',
  'escrow-binding': 'binding',
  'escrow-receipt': 'receipt',
};

/** What a key is for, as a person is told: in a table, and in full. */
export const purposeWords: Readonly<
  Record<NonNullable<JudgedKey['purpose']>, { short: string; full: string }>
> = {
  identity: { short: 'identity', full: 'identity: signs as its subscriber' },
  encryption: { short: 'encryption', full: 'encryption: opens what was sent to its subscriber' },
  custody: { short: 'wrapping keys at rest', full: "the service's own: wraps exportable keys at rest" },
  mac: { short: 'locking by passwords', full: "the service's own: slows the guessing of passwords" },
  binding: {
    short: 'binding wrapped keys',
    full: "the service's own: ties wrapped keys to their enrollments",
  },
  receipt: { short: 'signing receipts', full: "the service's own: signs receipts" },
};

/** Says of every key what it is for, and of the service's what is not as it must be. */
export function judgeKeys(keys: readonly KeyFacts[]): JudgedKey[] {
  return keys.map((key) => {
    const purpose = purposeOf(key.label);
    return { ...key, purpose, wrong: purpose === null ? [] : wrongWith(key, purpose, keys) };
  });
}

function purposeOf(label: string): JudgedKey['purpose'] {
  const person = purposes.find((purpose) => purposeNames[purpose].label === label);
  return person ?? (Object.hasOwn(ownKeys, label) ? (ownKeys[label] ?? null) : null);
}

function wrongWith(
  key: KeyFacts,
  purpose: NonNullable<JudgedKey['purpose']>,
  keys: readonly KeyFacts[],
): string[] {
  const own = Object.hasOwn(ownKeys, key.label);
  const outside = 'so a copy of it may be outside.';
  const findings: readonly (readonly [boolean, string])[] = [
    [key.extractable === true, 'It can be taken out of the token (CKA_EXTRACTABLE is true).'],
    [key.sensitive === false, 'It can be read (CKA_SENSITIVE is false).'],
    [
      key.madeInToken === true && key.neverExtractable === false,
      `It could be taken out once (CKA_NEVER_EXTRACTABLE is false), ${outside}`,
    ],
    [
      key.madeInToken === true && key.alwaysSensitive === false,
      `It could be read once (CKA_ALWAYS_SENSITIVE is false), ${outside}`,
    ],
    [own && key.madeInToken === false, `It was not made in the token (CKA_LOCAL is false), ${outside}`],
    [
      purpose === 'custody' && key.uses.includes('decrypt'),
      'It decrypts (CKA_DECRYPT is true), and so gives keys that are wrapped under it in clear.',
    ],
    [
      own && keys.filter(({ label }) => label === key.label).length > 1,
      'Another key has the same label: the service chooses none of them, and does not start.',
    ],
  ];
  return findings.flatMap(([found, says]) => (found ? [says] : []));
}
