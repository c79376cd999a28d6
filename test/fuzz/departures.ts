import { pfxProfiles } from '#domain/pfx-profile.ts';
import { keyNames } from './material.ts';
import {
  type BagPlan,
  encryptionOf,
  type FilePlan,
  foreignBags,
  keyDamages,
  macOf,
  namesOf,
  otherPassword,
  type SafePlan,
} from './plan.ts';
import { classicCiphers, digests, type EncryptionPlan, pbes2Ciphers } from './protection.ts';
import type { Random } from './random.ts';

/** One way in which a described file departs from a good one; the model says what follows. */
export type Departure = (plan: FilePlan, random: Random) => FilePlan;

const withSafes = (plan: FilePlan, ...more: SafePlan[]): FilePlan => ({
  ...plan,
  safes: [...plan.safes, ...more],
});
const clear = (...bags: BagPlan[]): SafePlan => ({ kind: 'clear', bags });

/** Changes one bag, wherever it stands. */
function withBag(plan: FilePlan, random: Random, by: (bag: BagPlan) => BagPlan[]): FilePlan {
  const filled = plan.safes.flatMap((safe, i) =>
    safe.kind === 'enveloped' || safe.bags.length === 0 ? [] : [i],
  );
  if (filled.length === 0) return plan;
  const at = random.of(filled);
  const safes = plan.safes.map((safe, i) => {
    if (i !== at || safe.kind === 'enveloped') return safe;
    const chosen = random.below(safe.bags.length);
    return { ...safe, bags: safe.bags.flatMap((bag, j) => (j === chosen ? by(bag) : [bag])) };
  });
  return { ...plan, safes };
}

function withKeys(
  plan: FilePlan,
  by: (bag: Extract<BagPlan, { holds: 'shrouded key' }>) => BagPlan,
): FilePlan {
  const safes = plan.safes.map((safe) =>
    safe.kind === 'enveloped'
      ? safe
      : { ...safe, bags: safe.bags.map((bag) => (bag.holds === 'shrouded key' ? by(bag) : bag)) },
  );
  return { ...plan, safes };
}

/** Changes the encryption of the key, or that of the other parts. */
function withEncryption(
  plan: FilePlan,
  random: Random,
  by: (encryption: EncryptionPlan) => EncryptionPlan,
): FilePlan {
  if (random.oneIn(2)) return withKeys(plan, (bag) => ({ ...bag, encryption: by(bag.encryption) }));
  const safes = plan.safes.map((safe) =>
    safe.kind === 'encrypted' ? { ...safe, encryption: by(safe.encryption) } : safe,
  );
  return { ...plan, safes };
}

function otherEncryption({ saltLength, count, number }: EncryptionPlan, random: Random): EncryptionPlan {
  const common = { saltLength, count, number };
  if (random.oneIn(2)) return { scheme: 'classic', cipher: random.of(classicCiphers), ...common };
  const saysKeyLength = random.oneIn(2);
  return {
    scheme: 'pbes2',
    cipher: random.of(pbes2Ciphers),
    prf: random.of(digests),
    saysKeyLength,
    ...common,
  };
}

function anyBag(random: Random): BagPlan {
  const names = namesOf(random);
  const key = random.of(keyNames);
  const encryption = encryptionOf(random.of(pfxProfiles), random);
  const foreign = random.of(foreignBags);
  return random.pick<BagPlan>(
    { holds: 'certificate', of: key, names },
    { holds: 'damaged certificate', names },
    { holds: 'clear key', key, names },
    { holds: 'shrouded key', key, encryption, names },
    { holds: foreign, names },
  );
}

const nested = (bags: BagPlan[], depth: number): BagPlan =>
  depth === 0
    ? { holds: 'nested', bags, names: {} }
    : { holds: 'nested', bags: [nested(bags, depth - 1)], names: {} };

export const departures: Readonly<Record<string, Departure>> = {
  'no MAC': (plan) => ({ ...plan, integrity: 'none' }),
  'a MAC by another digest': (plan, random) => {
    const { saltLength, count, number } = macOf('modern', random);
    return { ...plan, integrity: { kind: 'classic', digest: random.of(digests), saltLength, count, number } };
  },
  'a MAC under another password': (plan) => ({ ...plan, macPassword: otherPassword }),
  'PBMAC1 of another kind': (plan, random) => {
    const { saltLength, count, number } = macOf('pbmac1', random);
    const keyLength = random.pick(0, 1, 16, 19, 20, 31, 33, 64, 65, 4_096);
    const [prf, hmac] = [random.of(digests), random.of(digests)];
    // A key of no bytes cannot be derived; what is said of it is changed elsewhere.
    return {
      ...plan,
      integrity: { kind: 'pbmac1', prf, hmac, keyLength: keyLength || 1, saltLength, count, number },
    };
  },
  'a MAC salt of another length': (plan, random) =>
    plan.integrity === 'none'
      ? plan
      : { ...plan, integrity: { ...plan.integrity, saltLength: random.pick(0, 1, 7, 8, 128, 129, 5_000) } },
  'another encryption': (plan, random) =>
    withEncryption(plan, random, (encryption) => otherEncryption(encryption, random)),
  'an encryption salt of another length': (plan, random) =>
    withEncryption(plan, random, (encryption) => ({
      ...encryption,
      saltLength: random.pick(0, 1, 7, 8, 128, 129, 5_000),
    })),
  'a costly encryption': (plan, random) =>
    withEncryption(plan, random, (encryption) => ({
      ...encryption,
      count: random.pick(2_048, 9_999, 10_001),
    })),
  'a costly MAC': (plan, random) =>
    plan.integrity === 'none'
      ? plan
      : { ...plan, integrity: { ...plan.integrity, count: random.pick(9_000, 10_001) } },
  'an enveloped part': (plan) => withSafes(plan, { kind: 'enveloped' }),
  'nothing at all': (plan) => ({ ...plan, safes: [] }),
  'an empty part': (plan) => withSafes(plan, clear()),
  'a part in clear': (plan, random) => withSafes(plan, clear(anyBag(random))),
  'a bag less': (plan, random) => withBag(plan, random, () => []),
  'a bag twice': (plan, random) => withBag(plan, random, (bag) => [bag, bag]),
  'a bag more': (plan, random) => withBag(plan, random, (bag) => [bag, anyBag(random)]),
  'another bag': (plan, random) => withBag(plan, random, () => [anyBag(random)]),
  'a container': (plan, random) =>
    withBag(plan, random, (bag) => [nested([bag], random.pick(0, 0, 1, 3, 4, 30))]),
  'many bags': (plan, random) =>
    withBag(plan, random, (bag) => {
      // Large ones would make a file that takes longer to write than to read.
      return bag.holds === 'ballast' ? [bag] : Array(random.pick(3, 16, 17, 64, 100)).fill(bag);
    }),
  'many parts': (plan, random) => withSafes(plan, ...Array(random.pick(5, 6, 7, 60)).fill(clear())),
  'large parts': (plan, random) => {
    // RC2 takes its time, to write as well as to read.
    const encryption: EncryptionPlan = random.oneIn(20)
      ? { scheme: 'classic', cipher: random.pick('rc2-40', 'rc2-128'), saltLength: 16, count: 1, number: 0 }
      : encryptionOf('modern', random);
    const bags: BagPlan[] = [{ holds: 'ballast', length: random.pick(65_000, 65_000, 100_000), names: {} }];
    return withSafes(plan, ...Array(random.pick(1, 1, 1, 6)).fill({ kind: 'encrypted', encryption, bags }));
  },
  'parts in another order': (plan) => ({ ...plan, safes: [...plan.safes].reverse() }),
  'all in clear': (plan) => ({
    ...plan,
    safes: plan.safes.map((safe) => (safe.kind === 'encrypted' ? clear(...safe.bags) : safe)),
  }),
  'the key inside an encrypted part': (plan, random) => ({
    ...plan,
    safes: plan.safes.map((safe) =>
      safe.kind === 'clear'
        ? { kind: 'encrypted', encryption: encryptionOf(random.of(pfxProfiles), random), bags: safe.bags }
        : safe,
    ),
  }),
  'another key': (plan, random) => withKeys(plan, (bag) => ({ ...bag, key: random.of(keyNames) })),
  'a damaged key': (plan, random) => withKeys(plan, (bag) => ({ ...bag, damage: random.of(keyDamages) })),
  'the key in clear': (plan) => withKeys(plan, ({ key, names }) => ({ holds: 'clear key', key, names })),
  'the key under another password': (plan) => withKeys(plan, (bag) => ({ ...bag, password: otherPassword })),
  'other names': (plan, random) => withBag(plan, random, (bag) => [{ ...bag, names: namesOf(random) }]),
  'a long localKeyID': (plan, random) =>
    withBag(plan, random, (bag) => [
      { ...bag, names: { localKeyId: { id: 1, length: random.pick(0, 257, 9_000) } } },
    ]),
};
