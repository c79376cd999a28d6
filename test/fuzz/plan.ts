import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { KeyName } from './material.ts';
import type { EncryptionPlan, MacPlan } from './protection.ts';
import type { Random } from './random.ts';

/** A PFX as it is described before it is written. */
export interface FilePlan {
  password: string;
  integrity: MacPlan | 'none';
  /** Of the MAC, where it is another than that of the rest. */
  macPassword?: string;
  safes: SafePlan[];
}

export type SafePlan =
  | { kind: 'clear'; bags: BagPlan[] }
  | { kind: 'encrypted'; encryption: EncryptionPlan; bags: BagPlan[] }
  | { kind: 'enveloped' };

export interface NamesPlan {
  friendlyName?: string;
  /** The localKeyID is this number, in so many bytes. */
  localKeyId?: { id: number; length: number };
  /** An attribute that means nothing here. */
  more?: true;
}

export const keyDamages = [
  'scalar',
  'public key',
  'cut short',
  'trailing byte',
  'another version',
  'not PKCS#8',
] as const;
export type KeyDamage = (typeof keyDamages)[number];

/** What no backup holds. */
export const foreignBags = ['secret', 'revocation list', 'SDSI certificate', 'unknown'] as const;

export type BagPlan = { names: NamesPlan } & (
  | { holds: 'shrouded key'; key: KeyName; encryption: EncryptionPlan; damage?: KeyDamage; password?: string }
  | { holds: 'clear key'; key: KeyName; damage?: KeyDamage }
  | { holds: 'certificate'; of: KeyName | 'issuer' }
  | { holds: 'damaged certificate' }
  | { holds: (typeof foreignBags)[number] }
  /** An unknown bag of so many bytes. */
  | { holds: 'ballast'; length: number }
  | { holds: 'nested'; bags: BagPlan[] }
);

/** Passwords of the fuzzer; nothing real has them. */
export const passwords = ['fuzz password 1', '!', `${'long '.repeat(40)}~`] as const;
export const otherPassword = 'fuzz password 2';

const friendlyNames = [
  'caEncryption_keyPair 7Q4F',
  'Zoë Ωμέγα',
  '鍵',
  '🔑 key',
  '',
  ' '.repeat(300),
] as const;

/** The encryption that a profile asks for. */
export function encryptionOf(profile: PfxProfile, random: Random): EncryptionPlan {
  const common = { saltLength: saltLength(random), count: countOf(random), number: random.below(4) };
  return profile === 'compatible'
    ? { scheme: 'classic', cipher: 'des-ede3-cbc', ...common }
    : { scheme: 'pbes2', cipher: 'aes-256-cbc', prf: 'sha256', saysKeyLength: random.oneIn(2), ...common };
}

export function macOf(profile: PfxProfile, random: Random): MacPlan {
  const common = { saltLength: saltLength(random), count: countOf(random), number: random.below(4) };
  if (profile === 'pbmac1')
    return { kind: 'pbmac1', prf: 'sha256', hmac: 'sha256', keyLength: 32, ...common };
  return { kind: 'classic', digest: profile === 'compatible' ? 'sha1' : 'sha256', ...common };
}

const saltLength = (random: Random) => random.pick(8, 16, 16, 16, 20, 128);
const countOf = (random: Random) => random.pick(1, 2, 2, 3, 700);

/** A file that the strict reader of the profile takes, in one of the shapes that it takes. */
export function goodPlan(profile: PfxProfile, random: Random): FilePlan {
  // The larger curves take their time, and nothing of a file depends on them.
  const key = random.pick('P-256', 'P-256', 'P-256', 'P-256', 'RSA-2048', 'RSA-2048', 'P-384', 'P-521');
  const names = namesOf(random);
  const shrouded: BagPlan = {
    holds: 'shrouded key',
    key,
    encryption: encryptionOf(profile, random),
    names,
  };
  const leaf: BagPlan = { holds: 'certificate', of: key, names };
  const others = random.pick<readonly (KeyName | 'issuer')[]>(
    [],
    [],
    ['issuer'],
    ['issuer', 'another P-256'],
  );
  const bags = [leaf, ...others.map((of): BagPlan => ({ holds: 'certificate', of, names: {} }))];
  if (random.oneIn(4)) bags.reverse();
  const split = bags.length > 1 && random.oneIn(4);
  const certificates = (split ? [bags.slice(0, 1), bags.slice(1)] : [bags]).map(
    (part): SafePlan => ({ kind: 'encrypted', encryption: encryptionOf(profile, random), bags: part }),
  );
  const keySafe: SafePlan = { kind: 'clear', bags: [shrouded] };
  return {
    password: random.of(passwords),
    integrity: macOf(profile, random),
    safes: random.oneIn(2) ? [...certificates, keySafe] : [keySafe, ...certificates],
  };
}

export function namesOf(random: Random): NamesPlan {
  return {
    ...(!random.oneIn(4) && { friendlyName: random.of(friendlyNames) }),
    ...(!random.oneIn(4) && { localKeyId: { id: random.below(3), length: random.pick(1, 20, 256) } }),
    ...(random.oneIn(8) && { more: true as const }),
  };
}
