import type { Clock } from '#ports/clock.ts';

interface RateLimit {
  /** How many a second, in the long run. */
  perSecond: number;
  /** How many at once, by a caller who was quiet before. */
  burst: number;
}

/**
 * How much one caller may ask for, by what it costs: a caller with a token is one principal, one without is one client
 * address. A person never meets these; they keep one caller from taking the service from the others.
 */
export const rateLimits = {
  read: { perSecond: 50, burst: 100 },
  write: { perSecond: 20, burst: 200 },
  /** Makes key pairs, derives keys from passwords, writes PFX files: keeps a core busy. */
  costly: { perSecond: 2, burst: 20 },
  unauthenticated: { perSecond: 20, burst: 40 },
} as const satisfies Record<string, RateLimit>;

export type RateClass = keyof typeof rateLimits;

export type RateAnswer = { allowed: true } | { allowed: false; retryAfterSeconds: number };

interface Bucket {
  /** What may be taken, in thousandths: with times in milliseconds and whole rates, always a whole number. */
  thousandths: number;
  /** When that was so, milliseconds since 1970. */
  at: number;
}

/** More callers than one process serves at a time; about 1 MB. */
const defaultMostKeys = 10_000;

/**
 * Token buckets in memory, one for each class and caller. A process has its own: where several serve, each gives this much.
 *
 * The callers it remembers are bounded. The one who asked least recently is forgotten first: after burst divided by rate, ten
 * seconds at most, a bucket is full again, and forgetting a full one changes nothing.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #mostKeys: number;
  // Apart, so that a flood of addresses without a token pushes no principal out.
  readonly #buckets = new Map<RateClass, Map<string, Bucket>>();

  /** @param mostKeys callers remembered in each class */
  constructor(clock: Clock, mostKeys = defaultMostKeys) {
    this.#clock = clock;
    this.#mostKeys = mostKeys;
  }

  /**
   * Takes from a caller's bucket, or says when to ask again; what is refused takes nothing.
   * @param key names the principal (organization and subject) or the client address
   * @param count how much this is worth: a batch is worth its items. More than the burst is given to who has a full bucket, and
   *   is paid off at the rate before anything else is given.
   * @returns `retryAfterSeconds` is whole and at least 1, for a Retry-After header (RFC 9110 section 10.2.3)
   */
  take(rateClass: RateClass, key: string, count = 1): RateAnswer {
    const { perSecond, burst } = rateLimits[rateClass];
    const bucket = this.#bucketOf(rateClass, key);
    const missing = Math.min(count, burst) * 1_000 - bucket.thousandths;
    if (missing > 0) return { allowed: false, retryAfterSeconds: Math.ceil(missing / (perSecond * 1_000)) };
    bucket.thousandths -= count * 1_000;
    return { allowed: true };
  }

  /** The caller's bucket as filled by now, and now the most recently asked for. */
  #bucketOf(rateClass: RateClass, key: string): Bucket {
    const { perSecond, burst } = rateLimits[rateClass];
    const now = this.#clock.now().getTime();
    const buckets = this.#buckets.get(rateClass) ?? new Map<string, Bucket>();
    this.#buckets.set(rateClass, buckets);
    const full = burst * 1_000;
    const { thousandths, at } = buckets.get(key) ?? { thousandths: full, at: now };
    // A clock that was set back gives nothing, and takes nothing.
    const gained = Math.max(0, now - at) * perSecond;
    const bucket = { thousandths: Math.min(full, thousandths + gained), at: now };
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > this.#mostKeys) forgetOldest(buckets);
    return bucket;
  }
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const oldest = buckets.keys().next();
  if (oldest.done !== true) buckets.delete(oldest.value);
}
