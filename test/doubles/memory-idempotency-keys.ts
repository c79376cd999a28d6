import type { Clock } from '#ports/clock.ts';
import type { Claim, IdempotencyKeys } from '#ports/idempotency-keys.ts';

/** Claims in memory. */
export class MemoryIdempotencyKeys implements IdempotencyKeys {
  readonly #clock: Clock;
  readonly #claims = new Map<string, { fingerprint: string; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async claim(organization: string, id: string, fingerprint: string, until: Date): Promise<Claim> {
    const key = JSON.stringify([organization, id]);
    const present = this.#claims.get(key);
    if (present !== undefined && present.until > this.#clock.now().getTime()) {
      return present.fingerprint === fingerprint ? 'same' : 'other';
    }
    this.#claims.set(key, { fingerprint, until: until.getTime() });
    return 'new';
  }
}
