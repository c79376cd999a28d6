/**
 * How long AWS KMS may take until a new key or alias is known everywhere, in milliseconds: mostly a few seconds, in some
 * cases several minutes (Developer Guide, "AWS KMS eventual consistency").
 */
const settles = 300_000;

/** The names of keys that were made here moments ago: that AWS KMS does not know one yet may pass. */
export class RecentlyMade {
  readonly #made = new Map<string, number>();
  readonly #now: () => number;

  /** @param now milliseconds since some beginning */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(name: string): void {
    // In order of insertion, so the oldest come first.
    for (const [each, madeAt] of this.#made) {
      if (this.#now() - madeAt < settles) break;
      this.#made.delete(each);
    }
    this.#made.set(name, this.#now());
  }

  has(name: string): boolean {
    return this.#now() - (this.#made.get(name) ?? Number.NEGATIVE_INFINITY) < settles;
  }

  delete(name: string): void {
    this.#made.delete(name);
  }
}
