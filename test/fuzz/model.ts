import type { ErrorCode } from '#domain/error-codes.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { type KeyName, ourKeyNames } from './material.ts';
import type { BagPlan, FilePlan, SafePlan } from './plan.ts';
import { costOf, type EncryptionPlan, type MacPlan, macCostOf } from './protection.ts';

/**
 * What a reader must say of a described file, written down apart from the readers: the codes of all that is wrong with it, any
 * of which may be named. None means that it must open.
 */
export type Expected = ReadonlySet<ErrorCode>;

export interface Expectation {
  strict: Readonly<Record<PfxProfile, Expected>>;
  inspect: Expected;
}

type Shrouded = Extract<BagPlan, { holds: 'shrouded key' }>;

const shortestSalt = 8;
const longestSalt = 128;
const mostSafes = 8;
const mostBags = 64;
const mostNests = 4;
const mostCertificates = 32;
const mostKeys = 16;
/** Bytes: RC2 is slow here. */
const mostRc2 = 65_536;

export interface Limits {
  /** What the readers are given. */
  iterationBudget: number;
  /** How many bytes of the file, as it was written, are under RC2. */
  rc2Bytes: number;
}

export function expectationOf(plan: FilePlan, { iterationBudget, rc2Bytes }: Limits): Expectation {
  const costs = [...cost(plan, iterationBudget), ...(rc2Bytes > mostRc2 ? ['pfx-too-large' as const] : [])];
  const strict = (profile: PfxProfile) => new Set([...strictly(plan, profile), ...costs]);
  return {
    strict: { modern: strict('modern'), compatible: strict('compatible'), pbmac1: strict('pbmac1') },
    inspect: new Set([...inspecting(plan), ...costs]),
  };
}

function* strictly(
  { safes, integrity, password, macPassword = password }: FilePlan,
  profile: PfxProfile,
): Iterable<ErrorCode> {
  if (integrity === 'none') yield 'pfx-no-mac';
  else if (!isMacOf(profile, integrity)) yield 'pfx-unsupported';
  if (macPassword !== password) yield 'pfx-wrong-password-or-damaged';
  yield* limits(safes, integrity, shortestSalt);
  if (safes.some(({ kind }) => kind === 'enveloped')) yield 'pfx-not-by-password';
  const seen = safes.flatMap((safe) => (safe.kind === 'clear' ? safe.bags : []));
  const hidden = safes.flatMap((safe) => (safe.kind === 'encrypted' ? safe.bags : []));
  yield* inClear(seen);
  yield* inside(hidden);
  const encryptions = [
    ...encryptionsOf(safes),
    ...seen.filter(isShrouded).map(({ encryption }) => encryption),
  ];
  if (!encryptions.every((encryption) => isEncryptionOf(profile, encryption))) yield 'pfx-unsupported';
  const keys = seen.filter(isShrouded);
  if (keys.length !== 1) yield 'pfx-key-count';
  if (hidden.length > mostCertificates) yield 'pfx-too-large';
  for (const key of keys) yield* keyAndLeaf(key, hidden, password);
}

function* inClear(bags: readonly BagPlan[]): Iterable<ErrorCode> {
  for (const { holds } of bags) {
    if (holds === 'clear key' || holds === 'certificate' || holds === 'damaged certificate')
      yield 'pfx-unprotected';
    else if (holds !== 'shrouded key') yield 'pfx-foreign-content';
  }
}

function* inside(bags: readonly BagPlan[]): Iterable<ErrorCode> {
  if (bags.length === 0) yield 'pfx-unsupported';
  for (const { holds } of bags) {
    if (holds === 'shrouded key' || holds === 'clear key') yield 'pfx-unsupported';
    else if (holds === 'damaged certificate') yield 'pfx-malformed';
    else if (holds !== 'certificate') yield 'pfx-foreign-content';
  }
}

function* keyAndLeaf(
  { key, damage, password }: Shrouded,
  hidden: readonly BagPlan[],
  filePassword: string,
): Iterable<ErrorCode> {
  if (password !== undefined && password !== filePassword) yield 'pfx-parts-differ';
  if (!ours(key)) yield 'pfx-unsupported';
  if (damage === 'cut short' || damage === 'trailing byte') yield 'pfx-parts-differ';
  else if (damage === 'not PKCS#8' || damage === 'another version') yield 'pfx-malformed';
  else if (damage !== undefined) yield 'pfx-key-damaged';
  const certified = hidden.some((bag) => bag.holds === 'certificate' && bag.of === key);
  if (hidden.length > 0 && !certified) yield 'pfx-key-mismatch';
}

function* inspecting({ safes, integrity, password, macPassword = password }: FilePlan): Iterable<ErrorCode> {
  if (integrity !== 'none' && macPassword !== password) yield 'pfx-wrong-password-or-damaged';
  yield* limits(safes, integrity, 1);
  if (safes.some(({ kind }) => kind === 'enveloped')) yield 'pfx-not-by-password';
  const encryptions = [
    ...encryptionsOf(safes),
    ...allBags(safes)
      .filter(isShrouded)
      .map(({ encryption }) => encryption),
  ];
  if (encryptions.some(({ cipher }) => cipher === 'rc4-128')) yield 'pfx-unsupported';
  const kinds = allBags(safes).map(({ holds }) => holds);
  if (kinds.filter((holds) => holds.endsWith(' key')).length > mostKeys) yield 'pfx-too-large';
  if (
    kinds.filter((holds) => holds.endsWith('certificate') && holds !== 'SDSI certificate').length > mostBags
  ) {
    yield 'pfx-too-large';
  }
  const bad = integrity === 'none' ? 'pfx-wrong-password-or-damaged' : 'pfx-parts-differ';
  for (const { password: own = password, damage } of allBags(safes).filter(isShrouded)) {
    if (own !== password || damage === 'cut short' || damage === 'trailing byte') yield bad;
  }
  // Of a key in clear, the element is all that there is to be seen: it ends where the bag says.
  if (allBags(safes).some((bag) => bag.holds === 'clear key' && isCut(bag.damage))) yield 'pfx-malformed';
}

const isCut = (damage: string | undefined) => damage === 'cut short' || damage === 'trailing byte';

/** What no reader takes, whatever the file is for. */
function* limits(
  safes: readonly SafePlan[],
  integrity: FilePlan['integrity'],
  shortest: number,
): Iterable<ErrorCode> {
  const bags = allBags(safes);
  const protections = [
    ...encryptionsOf(safes),
    ...bags.filter(isShrouded).map(({ encryption }) => encryption),
  ];
  const salts = [...protections, ...(integrity === 'none' ? [] : [integrity])].map(
    ({ saltLength }) => saltLength,
  );
  if (salts.some((length) => length < shortest || length > longestSalt)) yield 'pfx-unsafe-parameters';
  if (integrity !== 'none' && integrity.kind === 'pbmac1') {
    if (integrity.keyLength < 20 || integrity.keyLength > 64) yield 'pfx-unsafe-parameters';
  }
  const perSafe = safes.map((safe) => (safe.kind === 'enveloped' ? [] : flat(safe.bags)));
  if (safes.length > mostSafes || perSafe.some(({ length }) => length > mostBags)) yield 'pfx-too-large';
  if (safes.some((safe) => safe.kind !== 'enveloped' && nests(safe.bags) > mostNests)) yield 'pfx-too-large';
  if (bags.some(({ names }) => (names.localKeyId?.length ?? 0) > 256)) yield 'pfx-too-large';
}

function* cost({ safes, integrity }: FilePlan, iterationBudget: number): Iterable<ErrorCode> {
  const encryptions = [
    ...encryptionsOf(safes),
    ...allBags(safes)
      .filter(isShrouded)
      .map(({ encryption }) => encryption),
  ];
  const mac = integrity === 'none' ? 0 : macCostOf(integrity);
  const total = encryptions.reduce((sum, encryption) => sum + costOf(encryption), mac);
  if (total > iterationBudget) yield 'pfx-costly';
}

function encryptionsOf(safes: readonly SafePlan[]): EncryptionPlan[] {
  return safes.flatMap((safe) => (safe.kind === 'encrypted' ? [safe.encryption] : []));
}

function allBags(safes: readonly SafePlan[]): BagPlan[] {
  return safes.flatMap((safe) => (safe.kind === 'enveloped' ? [] : flat(safe.bags)));
}

/** The bags, those of containers in their place. */
function flat(bags: readonly BagPlan[]): BagPlan[] {
  return bags.flatMap((bag) => (bag.holds === 'nested' ? flat(bag.bags) : [bag]));
}

function nests(bags: readonly BagPlan[]): number {
  return Math.max(0, ...bags.map((bag) => (bag.holds === 'nested' ? 1 + nests(bag.bags) : 0)));
}

const isShrouded = (bag: BagPlan): bag is Shrouded => bag.holds === 'shrouded key';
const ours = (key: KeyName) => ourKeyNames.some((name) => name === key) || key === 'another P-256';

function isEncryptionOf(profile: PfxProfile, plan: EncryptionPlan): boolean {
  if (profile === 'compatible') return plan.scheme === 'classic' && plan.cipher === 'des-ede3-cbc';
  return plan.scheme === 'pbes2' && plan.cipher === 'aes-256-cbc' && plan.prf === 'sha256';
}

function isMacOf(profile: PfxProfile, plan: MacPlan): boolean {
  if (plan.kind === 'classic')
    return profile !== 'pbmac1' && plan.digest === (profile === 'compatible' ? 'sha1' : 'sha256');
  return profile === 'pbmac1' && plan.prf === 'sha256' && plan.hmac === 'sha256' && plan.keyLength === 32;
}
