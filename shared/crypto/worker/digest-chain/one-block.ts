import { assemble, type Code, get, set, type Word } from './assembler.ts';

/** A digest of FIPS 180-4, by what of it differs from the others. */
export interface Digest {
  word: Word;
  /** H(0) (section 5.3). */
  initialState: readonly bigint[];
  /** How many words of the state, from its first, are the digest. */
  digestWords: number;
  /** W_t from 16 on, made of words before it: step 1 of sections 6.1.2, 6.2.2 and 6.4.2. */
  schedule(word: (t: number) => Code, t: number): Code;
  /** Step 3. As many as make a multiple of the state's length. */
  rounds: readonly Round[];
}

/**
 * One round. The state does not move: each round calls its locals by other names, so that what a round sets as `h` (`e` in
 * SHA-1) is the `a` of the next one.
 * @param state the local that goes by the name of a (0), b (1), ... in this round
 * @param word W_t
 * @param spare two locals that keep their values from round to round
 */
export type Round = (state: (i: number) => number, word: Code, spare: readonly [number, number]) => Code;

/**
 * The WebAssembly module of a digest that is taken of itself, over and over. Its message is at most half a block, so it is one
 * block, whose end never changes (FIPS 180-4 section 5.1), and the words never leave the locals of the function.
 * @returns a module as `assemble` makes it: the digest stands in the memory's first words
 */
export function chainModule(digest: Digest): Uint8Array<ArrayBuffer> {
  const { word, initialState, digestWords, rounds } = digest;
  const firstState = 1 + digestWords;
  const firstScheduled = firstState + initialState.length;
  const firstSpare = firstScheduled + 16;
  const digestWord = (i: number) => 1 + i;
  const scheduled = (t: number) => firstScheduled + (t & 15);
  const state = (i: number) => firstState + (i % initialState.length);
  const wordAt = (t: number) => get(scheduled(t));
  const body = [
    message(word, digestWords).map((value, t) => set(scheduled(t), value)),
    initialState.map((value, i) => set(state(i), word.constant(value))),
    rounds.map((round, t) => [
      t < 16 ? [] : set(scheduled(t), digest.schedule(wordAt, t)),
      round((i) => state(i + rounds.length - t), wordAt(t), [firstSpare, firstSpare + 1]),
    ]),
    initialState
      .slice(0, digestWords)
      .map((value, i) => set(digestWord(i), word.add(get(state(i)), word.constant(value)))),
  ];
  return assemble({ word, words: digestWords, locals: firstSpare + 2, body });
}

/** The sixteen words of the block: the digest in locals 1 and on, the bit 1, zeros, and the digest's length in bits. */
function message(word: Word, digestWords: number): Code[] {
  const block = Array.from({ length: 16 }, (_, t) => (t < digestWords ? get(1 + t) : word.constant(0n)));
  block[digestWords] = word.constant(1n << BigInt(8 * word.bytes - 1));
  block[15] = word.constant(BigInt(8 * word.bytes * digestWords));
  return block;
}
