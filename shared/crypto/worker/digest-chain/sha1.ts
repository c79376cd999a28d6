import { type Code, get, set, word32 } from './assembler.ts';
import type { Digest, Round } from './one-block.ts';

const { add, and, constant, rotateRight, xor } = word32;
const rotateLeft = (value: Code, by: number) => rotateRight(value, 32 - by);

type Combination = (b: Code, c: Code, d: Code) => Code;

// FIPS 180-4 section 4.1.1, each in as few operations as there are
const choice: Combination = (b, c, d) => xor(and(xor(c, d), b), d);
const parity: Combination = (b, c, d) => xor(b, c, d);
/** Its two terms have no bit in common, so they may be added. */
const majority: Combination = (b, c, d) => add(and(b, c), and(xor(b, c), d));

/** f_t and K_t of each twenty rounds (sections 4.1.1 and 4.2.1). */
const quarters = [
  { combination: choice, constant: 0x5a827999n },
  { combination: parity, constant: 0x6ed9eba1n },
  { combination: majority, constant: 0x8f1bbcdcn },
  { combination: parity, constant: 0xca62c1d6n },
];

const roundOf =
  (quarter: (typeof quarters)[number]): Round =>
  (state, word) => {
    const [a, b, c, d, e] = [state(0), state(1), state(2), state(3), state(4)];
    const combined = quarter.combination(get(b), get(c), get(d));
    const constantWord = add(word, constant(quarter.constant));
    return [
      // What comes latest, the last round's result, is added last.
      set(e, add(get(e), constantWord, combined, rotateLeft(get(a), 5))),
      set(b, rotateLeft(get(b), 30)),
    ];
  };

/** SHA-1 (FIPS 180-4 section 6.1). */
export const sha1: Digest = {
  word: word32,
  initialState: [0x67452301n, 0xefcdab89n, 0x98badcfen, 0x10325476n, 0xc3d2e1f0n],
  digestWords: 5,
  schedule: (word, t) => rotateLeft(xor(word(t - 3), word(t - 8), word(t - 14), word(t - 16)), 1),
  rounds: quarters.flatMap((quarter) => Array.from({ length: 20 }, () => roundOf(quarter))),
};
