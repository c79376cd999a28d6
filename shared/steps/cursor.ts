import { InputError } from '#domain/errors.ts';

/**
 * Where a list goes on, as a caller is given it: opaque, and safe in a URL.
 * @param place what the store calls the place
 */
export function toCursor(place: string): string {
  return Buffer.from(place, 'utf8').toString('base64url');
}

/**
 * Takes the place out of a cursor that a caller sent back.
 * @param form what every place looks like
 * @throws InputError `invalid-input` for what is no cursor of this list
 */
export function placeOf(cursor: string, form: RegExp): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  // Decoding passes over what does not belong there; only what encodes to the same was a cursor.
  if (form.test(place) && toCursor(place) === cursor) return place;
  throw new InputError('invalid-input', {
    field: 'cursor',
    why: 'is none that this list gave',
    next: 'Send the cursor of the page before, or none for the first page.',
  });
}

const largestPage = 200;
const usualPage = 50;

/**
 * How much of a list is asked for at once: 50 where nothing is said.
 * @throws InputError `invalid-input` for what is no whole number from 1 to 200
 */
export function pageLimit(limit: number = usualPage): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= largestPage) return limit;
  throw new InputError('invalid-input', {
    field: 'limit',
    why: `is not a whole number from 1 to ${largestPage}`,
    next: 'Ask for so many at once, and go on with the cursor.',
  });
}
