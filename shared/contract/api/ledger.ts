import * as v from 'valibot';
import { subscriberIdentifier } from '../fields.ts';
import { cursor, enrollmentParams, moment, pageSize, sha256 } from './fields.ts';
import { auditing } from './roles.ts';
import { route } from './route.ts';

// The ledger for whoever audits it: its segments as they were sealed, what is newer, entries by what they are about, and proofs.

const tag = 'Ledger';

/** A sequence, or how many lines there are; text, since it stands in a query or a path. */
const wholeNumber = (name: string) =>
  v.pipe(
    v.string(),
    v.regex(/^(?:0|[1-9]\d{0,14})$/, `is not a ${name}|Send a whole number.`),
    v.transform(Number),
  );

/** An entry as `Ledger.record` named it. */
const entryId = v.pipe(
  v.string(),
  v.maxLength(128, 'is longer than 128 characters|Check the identifier.'),
  v.regex(/^led_[a-z0-9]{1,64}$/, 'is not the name of an entry|Send it as a receipt or a list names it.'),
);

/** An entry as it is shown; what is hashed is its line, which a segment holds. */
export const ledgerEntryView = v.object({
  sequence: v.number(),
  time: moment,
  id: v.string(),
  action: v.string(),
  principal: v.string(),
  outcome: v.picklist(['done', 'refused', 'failed']),
  code: v.optional(v.string()),
  about: v.optional(v.array(v.string())),
  enrollmentId: v.optional(v.string()),
  profile: v.optional(v.string()),
  requestId: v.optional(v.string()),
  where: v.optional(v.string()),
  policy: v.optional(v.object({ version: v.string(), rules: v.array(v.string()) })),
  receiptId: v.optional(v.string()),
  takesBack: v.optional(v.string()),
});
export type LedgerEntryView = v.InferOutput<typeof ledgerEntryView>;

export const readCheckpoint = route({
  method: 'GET',
  path: '/v1/ledger/checkpoint',
  tag,
  summary:
    'Take the newest checkpoint of the ledger: a compact JWS, signed by a key of /.well-known/jwks.json. Keep it elsewhere: whatever is exported later must build on it.',
  roles: auditing,
  rate: 'read',
  answer: { status: 200, description: 'The checkpoint.', media: ['application/jose'] },
  codes: ['not-found', 'not-acceptable'],
});

export const listSegments = route({
  method: 'GET',
  path: '/v1/ledger/segments',
  tag,
  summary: 'List the segments of the ledger, oldest first.',
  roles: auditing,
  rate: 'read',
  query: v.strictObject({ limit: pageSize, cursor: v.optional(cursor) }),
  answer: {
    status: 200,
    description: 'A page of segments; with a cursor where there may be more.',
    schema: v.object({
      segments: v.array(v.object({ segment: v.number() })),
      cursor: v.optional(v.string()),
    }),
  },
});

export const readSegment = route({
  method: 'GET',
  path: '/v1/ledger/segments/{segment}',
  tag,
  summary: 'Take a segment as it was sealed: a line of the ledger a line, then its checkpoint.',
  roles: auditing,
  rate: 'read',
  params: v.strictObject({ segment: wholeNumber('number of a segment') }),
  answer: { status: 200, description: 'The segment, byte for byte.', media: ['application/jsonl'] },
  codes: ['not-found', 'not-acceptable'],
});

export const readLines = route({
  method: 'GET',
  path: '/v1/ledger/lines',
  tag,
  summary: 'Read lines of the ledger after a sequence: those that are not sealed yet, if none is named.',
  roles: auditing,
  rate: 'read',
  query: v.strictObject({ after: v.optional(wholeNumber('sequence')), limit: pageSize }),
  answer: {
    status: 200,
    description: 'Lines in their order, each the exact text that is hashed; and whether there are more.',
    schema: v.object({ after: v.number(), lines: v.array(v.string()), more: v.boolean() }),
  },
});

export const findEntries = route({
  method: 'GET',
  path: '/v1/ledger/entries',
  tag,
  summary:
    'Find entries, oldest first: of an enrollment, of a subscriber (the own enrollments, and what that person asked), or of whoever asked; all, or what was refused.',
  roles: auditing,
  rate: 'read',
  query: v.pipe(
    v.strictObject({
      enrollmentId: v.optional(enrollmentParams.entries.enrollmentId),
      subscriberId: v.optional(subscriberIdentifier),
      principal: v.optional(
        v.pipe(
          v.string(),
          v.nonEmpty('is empty|Leave it out for everybody.'),
          v.maxLength(256, 'is longer than 256 characters|Send it as entries have it.'),
        ),
      ),
      refused: v.optional(v.picklist(['true'], 'is not true|Send true, or leave it out for all entries.')),
      limit: pageSize,
      cursor: v.optional(cursor),
    }),
    v.forward(
      v.partialCheck(
        [['enrollmentId'], ['subscriberId'], ['principal']],
        ({ enrollmentId, subscriberId, principal }) =>
          [enrollmentId, subscriberId, principal].filter((each) => each !== undefined).length <= 1,
        'stands beside another that says whose entries are meant|Send one of enrollmentId, subscriberId, principal.',
      ),
      ['principal'],
    ),
  ),
  answer: {
    status: 200,
    description: 'A page of entries; with a cursor where there may be more.',
    schema: v.object({ entries: v.array(ledgerEntryView), cursor: v.optional(v.string()) }),
  },
});

export const proveEntry = route({
  method: 'GET',
  path: '/v1/ledger/entries/{entryId}/proof',
  tag,
  summary:
    'Prove that an entry stands in the ledger: its line, and the path from it to the root of the newest checkpoint (RFC 9162 section 2.1.3).',
  roles: auditing,
  // It reads every line of a large ledger once, then remembers most of what it computed.
  rate: 'costly',
  params: v.strictObject({ entryId }),
  answer: {
    status: 200,
    description: 'The proof.',
    schema: v.object({
      /** The exact text that is hashed. */
      line: v.string(),
      sequence: v.number(),
      treeSize: v.number(),
      /** From the leaf to the root, hex. */
      path: v.array(sha256),
      /** Compact JWS. */
      checkpoint: v.string(),
    }),
  },
  codes: ['not-found', 'wrong-state', 'object-damaged'],
});
