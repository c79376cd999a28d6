import type { Enrollment } from '#domain/enrollment.ts';

const day = 24 * 60 * 60 * 1_000;

/** A canary is asked for once a day; two hours more are for a clock that is late, and for the key pair to be made. */
export const overdueAfter = 26 * 60 * 60 * 1_000;

/** One that never became ready is told of on so many days, and after that leaves the word to newer ones. */
const toldOf = 8 * day;

/** What a check has to do with the canaries that there are. */
export interface DueCanaries {
  /** To be opened: the newest, and one each of about 1, 2, 4, 8... days old: few, however many there are. */
  toOpen: Enrollment[];
  /** Asked for too long ago not to be ready. */
  overdue: Enrollment[];
  /** None was asked for lately. */
  isMissing: boolean;
}

export function dueCanaries(canaries: readonly Enrollment[], now: Date): DueCanaries {
  const ageOf = ({ requestedAt }: Enrollment) => now.getTime() - Date.parse(requestedAt);
  const byAge = canaries.toSorted((one, other) => ageOf(one) - ageOf(other));
  const ready = byAge.filter(({ state }) => state === 'ready');
  // Where there never was one, custody makes no keys that could be escrowed; else one that was refused is as bad as one that is late.
  const cannotBe = ({ refusal }: Enrollment) => ready.length === 0 && refusal?.code === 'escrow-impossible';
  const isOverdue = (each: Enrollment) =>
    each.state !== 'ready' && !cannotBe(each) && ageOf(each) > overdueAfter && ageOf(each) < toldOf;
  const oldest = ready.at(-1);
  const toOpen = new Set(ready.slice(0, 1));
  for (let age = day; oldest !== undefined && age <= ageOf(oldest); age *= 2) {
    const found = ready.find((each) => ageOf(each) >= age);
    if (found !== undefined) toOpen.add(found);
  }
  const isMissing = !canaries.some((each) => ageOf(each) <= overdueAfter);
  return { toOpen: [...toOpen], overdue: byAge.filter(isOverdue), isMissing };
}
