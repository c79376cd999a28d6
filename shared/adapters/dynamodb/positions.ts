/**
 * Positions of what is listed by time: 13 digits of milliseconds and two more, which tell apart what came in the same one. So they
 * are in the order of time, and the digits of a cursor.
 */
const perMillisecond = 100;
const digits = 15;
const largest = 10 ** digits - 1;

/**
 * A position for what came at a time.
 * @param place within the millisecond, 0 to 99: what comes at the same time best has another
 */
export function positionAt(time: Date, place: number): string {
  return textOf(time.getTime() * perMillisecond + place);
}

/** A position and those after it, to try one after another until one is free. */
export function* positionsFrom(position: string): Generator<string, void> {
  for (let next = Number(position); next <= largest; next += 1) yield textOf(next);
}

/** A cursor, which is a position or began as one, as the position that it is. */
export function positionIn(cursor: string): string {
  return cursor.padStart(digits, '0');
}

function textOf(position: number): string {
  return String(position).padStart(digits, '0');
}
