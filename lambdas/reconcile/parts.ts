const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
/** Of two characters of an id. */
const prefixes = [...alphabet].flatMap((one) => [...alphabet].map((other) => `enr_${one}${other}`));

/** Into how many parts the enrollments of an organization are divided. Their ids are hashes, so the parts are alike. */
export const parts = 256;
const perPart = prefixes.length / parts;

/** How often a reconciler runs, in milliseconds. */
const turn = 5 * 60_000;

/**
 * The part whose turn it is: each once in 256 runs, which is 21 hours. It follows from the clock alone, so that a run that
 * crashes is followed by one that goes on; a part that was passed over has its turn a day later.
 */
export function partAt(now: Date): number {
  return Math.floor(now.getTime() / turn) % parts;
}

/** What the ids of a part begin with; of all there are, whatever their form, if no part is given. */
export function prefixesOf(part: number | undefined): readonly string[] {
  return part === undefined ? [''] : prefixes.slice(part * perPart, (part + 1) * perPart);
}

/** Where a walk through a few begins that need not be the same each time. */
export function startOf(part: number | undefined): string {
  return prefixesOf(part)[0] ?? '';
}
