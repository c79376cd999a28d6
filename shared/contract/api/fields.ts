import * as v from 'valibot';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { identifier } from '../fields.ts';

/** A moment, as RFC 3339 writes it. */
export const moment = v.pipe(v.string(), v.isoTimestamp('is not a time|Write it as 2026-01-31T08:00:00Z.'));

/** SHA-256 as 64 hexadecimal digits. */
export const sha256 = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'is not a SHA-256|Send 64 hexadecimal digits.'),
);

const codes = Object.keys(errorTable).filter(isCode);

/** A stable error code; docs/errors.md lists them. */
export const errorCode = v.picklist(codes);

function isCode(name: string): name is ErrorCode {
  return Object.hasOwn(errorTable, name);
}

/** A secret that a person typed: any text but none; what it must be beyond that, policy says. */
export const secretText = v.pipe(
  v.string(),
  v.nonEmpty('is empty|Send it.'),
  v.maxLength(1_024, 'is longer than any password|Check what was sent.'),
);

/** Where a list goes on: what the page before ended with. */
export const cursor = v.pipe(
  v.string(),
  v.nonEmpty('is empty|Leave it out for the first page.'),
  v.maxLength(512, 'is longer than any cursor|Send the cursor of the page before.'),
  v.regex(/^[\w-]+$/, 'is no cursor|Send the cursor of the page before.'),
);

const usualPage = '50';

/** How many of a list are wanted; text, since it stands in a query. */
export const pageSize = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'is not a number from 1 to 200|Send how many you want.'),
    v.transform(Number),
  ),
  usualPage,
);

/** A part of the path that names a record. */
export const enrollmentParams = v.strictObject({ enrollmentId: identifier });
