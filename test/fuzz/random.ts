/**
 * Random choices that a seed decides, so that each case can be made again. xorshift128 (Marsaglia 2003), its state spread
 * from the seeds by a multiplicative hash; nothing here is secret.
 */
export class Random {
  #state: [number, number, number, number];

  /** @param seeds any numbers or texts; the same ones, in the same order, give the same choices */
  constructor(...seeds: readonly (number | string)[]) {
    let hash = 0x811c9dc5;
    const mix = (value: number) => {
      hash = Math.imul(hash ^ value, 0x9e3779b1);
      hash = (hash ^ (hash >>> 15)) >>> 0;
    };
    for (const character of JSON.stringify(seeds)) mix(character.charCodeAt(0));
    const word = (i: number) => {
      mix(i);
      return hash | 1;
    };
    this.#state = [word(1), word(2), word(3), word(4)];
    for (let i = 0; i < 8; i++) this.next();
  }

  /** An unsigned number of 32 bits. */
  next(): number {
    const [x, y, z, w] = this.#state;
    const t = x ^ (x << 11);
    const last = w ^ (w >>> 19) ^ (t ^ (t >>> 8));
    this.#state = [y, z, w, last];
    return last >>> 0;
  }

  /** From 0 up to, not including, the limit. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(first: T, ...others: readonly T[]): T {
    const at = this.below(others.length + 1);
    return at === 0 ? first : (others[at - 1] ?? first);
  }

  /** One of a list that is not empty. @throws RangeError for an empty one */
  of<T>(list: readonly T[]): T {
    const [first, ...others] = list;
    if (first === undefined) throw new RangeError('nothing to choose from');
    return this.pick(first, ...others);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
