import { type Code, get, set, tee, type Word, word32, word64 } from './assembler.ts';
import type { Digest, Round } from './one-block.ts';

type Three = readonly [number, number, number];

/** What differs between the digests of 32-bit and of 64-bit words (FIPS 180-4 sections 4.1.2, 4.1.3, 6.2 and 6.4). */
interface Family {
  word: Word;
  roundConstants(): bigint[];
  /** Rotations, in ascending order. */
  bigSigma0: Three;
  bigSigma1: Three;
  /** Two rotations and a shift. */
  smallSigma0: Three;
  smallSigma1: Three;
}

/*
 * All constants are bits of roots of primes. Those of 32 bits are halves of those of 64: SHA-256's the upper halves of
 * SHA-512's, the initial state of SHA-224 the lower halves of SHA-384's (FIPS 180-4 sections 4.2 and 5.3).
 */
const upperHalf = (value: bigint) => value >> 32n;
const lowerHalf = (value: bigint) => BigInt.asUintN(32, value);

const family32: Family = {
  word: word32,
  roundConstants: () => rootFractions(64, 3n).map(upperHalf),
  bigSigma0: [2, 13, 22],
  bigSigma1: [6, 11, 25],
  smallSigma0: [7, 18, 3],
  smallSigma1: [17, 19, 10],
};

const family64: Family = {
  word: word64,
  roundConstants: () => rootFractions(80, 3n),
  bigSigma0: [28, 34, 39],
  bigSigma1: [14, 18, 41],
  smallSigma0: [1, 8, 7],
  smallSigma1: [19, 61, 6],
};

/** SHA-224 (FIPS 180-4 section 6.3). */
export const sha224 = (): Digest => digest(family32, rootFractions(16, 2n).slice(8).map(lowerHalf), 7);
/** SHA-256 (FIPS 180-4 section 6.2). */
export const sha256 = (): Digest => digest(family32, rootFractions(8, 2n).map(upperHalf), 8);
/** SHA-384 (FIPS 180-4 section 6.5). */
export const sha384 = (): Digest => digest(family64, rootFractions(16, 2n).slice(8), 6);
/** SHA-512 (FIPS 180-4 section 6.4). */
export const sha512 = (): Digest => digest(family64, rootFractions(8, 2n), 8);

function digest(family: Family, initialState: readonly bigint[], digestWords: number): Digest {
  const { word, smallSigma0, smallSigma1 } = family;
  const sigma = (value: Code, [first, second, shift]: Three) =>
    word.xor(word.rotateRight(value, first), word.rotateRight(value, second), word.shiftRight(value, shift));
  return {
    word,
    initialState,
    digestWords,
    schedule: (at, t) =>
      word.add(at(t - 16), sigma(at(t - 15), smallSigma0), at(t - 7), sigma(at(t - 2), smallSigma1)),
    rounds: family.roundConstants().map((constant, t) => roundOf(family, constant, t)),
  };
}

function roundOf({ word, bigSigma0, bigSigma1 }: Family, constant: bigint, t: number): Round {
  const { add, and, rotateRight, xor } = word;
  /** Three rotations, each by what it goes further than the one outside it: that needs fewer registers. */
  const sigma = (value: Code, [first, second, third]: Three) => {
    const inner = xor(rotateRight(value, third - second), value);
    return rotateRight(xor(rotateRight(inner, second - first), value), first);
  };
  const choice = (e: Code, f: Code, g: Code) => xor(and(xor(f, g), e), g);
  return (state, scheduled, spare) => {
    const [a, b, c, d] = [state(0), state(1), state(2), state(3)];
    const [e, f, g, h] = [state(4), state(5), state(6), state(7)];
    const constantWord = add(scheduled, word.constant(constant));
    // (a xor b) and (b xor c), xor b: what is a xor b here is b xor c in the next round.
    const [kept, last] = t % 2 === 0 ? spare : [spare[1], spare[0]];
    const before = t === 0 ? xor(get(b), get(c)) : get(last);
    const majority = xor(and(tee(kept, xor(get(a), get(b))), before), get(b));
    return [
      // What comes latest, the last round's result, is added last.
      set(h, add(get(h), constantWord, choice(get(e), get(f), get(g)), sigma(get(e), bigSigma1))),
      set(d, add(get(d), get(h))),
      set(h, add(get(h), majority, sigma(get(a), bigSigma0))),
    ];
  };
}

/** The first 64 bits of the fractional parts of the square (2) or cube (3) roots of the first primes. */
function rootFractions(count: number, degree: bigint): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  }
  return primes.map((prime) => BigInt.asUintN(64, integerRoot(prime << (64n * degree), degree)));
}

/** The largest integer whose square or cube is not above a number, by Newton's method from above. */
function integerRoot(of: bigint, degree: bigint): bigint {
  let root = 1n << 69n; // above the roots of all primes under 2^10, with their 64 bits
  for (;;) {
    const next = ((degree - 1n) * root + of / root ** (degree - 1n)) / degree;
    if (next >= root) return root;
    root = next;
  }
}
