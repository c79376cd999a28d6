/**
 * What it takes of WebAssembly (core specification, sections 5.3 to 5.5) to write a compression function: instructions in
 * binary form, nested as they were put together. An expression is code that leaves one value on the stack.
 */
export type Code = readonly (number | Code)[];

/** The type that a digest calculates with, in which addition is modulo 2^w (FIPS 180-4 sections 2.2.2 and 3.2). */
export interface Word {
  /** 4 or 8. */
  bytes: number;
  type: number;
  /** @param value unsigned */
  constant(value: bigint): Code;
  add(...terms: Code[]): Code;
  xor(...terms: Code[]): Code;
  and(...terms: Code[]): Code;
  rotateRight(value: Code, by: number): Code;
  shiftRight(value: Code, by: number): Code;
  /** The word at an index of the memory. */
  load(index: number): Code;
  store(index: number, value: Code): Code;
}

interface Opcodes {
  type: number;
  load: number;
  store: number;
  constant: number;
  /** The other operations of a type follow `add` in one order. */
  add: number;
}

function word(bytes: number, { type, load, store, constant, add }: Opcodes): Word {
  const folded =
    (opcode: number) =>
    (...terms: Code[]): Code =>
      terms.map((term, i) => (i === 0 ? term : [term, opcode]));
  // Numbers under 64, as rotations go by, are one byte of LEB128.
  const byNumber = (opcode: number) => (value: Code, by: number) => [value, constant, by, opcode];
  const place = (index: number) => [Math.log2(bytes), index * bytes];
  return {
    bytes,
    type,
    constant: (value) => [constant, signed(BigInt.asIntN(8 * bytes, value))],
    add: folded(add),
    and: folded(add + 7),
    xor: folded(add + 9),
    shiftRight: byNumber(add + 12),
    rotateRight: byNumber(add + 14),
    load: (index) => [number(0), load, place(index)],
    store: (index, value) => [number(0), value, store, place(index)],
  };
}

export const word32 = word(4, { type: 0x7f, load: 0x28, store: 0x36, constant: 0x41, add: 0x6a });
export const word64 = word(8, { type: 0x7e, load: 0x29, store: 0x37, constant: 0x42, add: 0x7c });

export const get = (local: number): Code => [0x20, local];
export const set = (local: number, value: Code): Code => [value, 0x21, local];
/** Sets a local, and leaves its value. */
export const tee = (local: number, value: Code): Code => [value, 0x22, local];

/** An i32 from -64 to 63. */
const number = (value: number): Code => [0x41, value & 0x7f];

/** Signed LEB128 (section 5.2.2). */
function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  return value >= -64n && value < 64n ? [low] : [low | 0x80, signed(value >> 7n)];
}

/** Unsigned LEB128 (section 5.2.2). */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, unsigned(value >>> 7)];
}

function bytesOf(code: Code, out: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === 'number') out.push(part);
    else bytesOf(part, out);
  }
  return out;
}

/** A body of code that runs over and over. Local 0 is the count of what is left; those after it are words. */
export interface Loop {
  word: Word;
  /** How many words, from the memory's beginning, stand in the locals 1, 2, ... while it runs. */
  words: number;
  /** How many locals there are in all. */
  locals: number;
  body: Code;
}

/**
 * Assembles a module that exports `memory`, one page, and `run(count)`, which loads the words, runs the body `count` times,
 * 1 or more, and stores them.
 * @returns the module in binary form
 */
export function assemble({ word, words, locals, body }: Loop): Uint8Array<ArrayBuffer> {
  const indexes = Array.from({ length: words }, (_, index) => index);
  const run = bytesOf([
    ...[1, locals - 1, word.type],
    ...indexes.map((index) => set(index + 1, word.load(index))),
    ...[0x03, 0x40, body], // loop, without a result
    ...[tee(0, word32.add(get(0), number(-1))), 0x0d, 0, 0x0b], // br_if to its beginning, end
    ...[...indexes.map((index) => word.store(index, get(index + 1))), 0x0b],
  ]);
  const i32 = word32.type;
  return Uint8Array.from(
    bytesOf([
      ...[...Buffer.from('\0asm'), 1, 0, 0, 0],
      ...section(1, [1, 0x60, 1, i32, 0]), // one type of function: takes an i32, gives nothing
      ...section(3, [1, 0]), // one function of that type
      ...section(5, [1, 0, 1]), // one memory of a page
      ...section(7, [2, exported('memory', 2), exported('run', 0)]),
      ...section(10, [1, unsigned(run.length), run]),
    ]),
  );
}

function section(id: number, content: Code): Code {
  const bytes = bytesOf(content);
  return [id, unsigned(bytes.length), bytes];
}

const exported = (name: string, kind: number): Code => [name.length, ...Buffer.from(name), kind, 0];
