/** The tables of the service on Amazon DynamoDB. */
export const tableNames = ['aggregates', 'documents', 'locked-keys', 'ledger', 'activity'] as const;
export type TableName = (typeof tableNames)[number];

/** An index that repeats nothing but keys (`keys`), or whole records (`all`). */
export interface TableIndex {
  partitionKey: string;
  sortKey: string;
  projection: 'keys' | 'all';
}

/** What a table is, for whoever makes it and whoever asks it. Every key attribute is text. */
export interface TableShape {
  partitionKey: string;
  sortKey: string;
  indexes: Readonly<Record<string, TableIndex>>;
  /** Whether each write is handed on as the record that it left, by that record's keys alone, or to nobody. */
  stream: 'new-image' | 'keys' | 'none';
  /** The attribute that says when a record is forgotten, in seconds since 1970; absent where none ever is. */
  expires?: string;
}

const byOrganization = { partitionKey: 'organization', sortKey: 'record' } as const;

/**
 * One table a duty, so that a permission for one never opens another.
 * - `aggregates`: enrollments and organizations, one record each (`enrollment#ID`, `organization#organization`), with the
 *   events of its present version, which the stream hands to the publisher
 * - `documents`: write-once records but the locked keys (`csr#ID`, `receipt#ID`, ...)
 * - `locked-keys`: the locked keys; without a stream, since whoever follows events must not be handed them
 * - `ledger`: what was done and refused; nobody may replace or delete a record. Once an entry is sealed, what seals it adds where it
 *   stands in the log, and under what it is found; the stream tells it of new ones by their keys. `ORGANIZATION#segments` has a
 *   record a segment, by the sequence of its last line
 * - `activity`: what passes and is forgotten. Its partition key begins with what it is, then names the organization
 *   (`claims#ACME`, `feed#ACME`, `notices#ACME`, `dead-letters#ACME`), so that a permission can be for one kind alone
 *
 * The indexes hold what their lists are found by: `by-state` the state and purpose of an enrollment, `by-subscriber` whose it
 * is, `by-mark` the few records that something looks for again and again (organizations; enrollments with leftovers). None holds
 * what changes with every write, such as its time: it would cost two write units more each time. Those of the ledger are by
 * `position`, the sequence in the log, and hold sealed entries alone: `by-refusal` only what was refused.
 */
export const tables = {
  aggregates: {
    ...byOrganization,
    indexes: {
      'by-state': { partitionKey: 'stateKey', sortKey: 'record', projection: 'keys' },
      'by-subscriber': { partitionKey: 'subscriberKey', sortKey: 'record', projection: 'keys' },
      'by-mark': { partitionKey: 'mark', sortKey: 'markedRecord', projection: 'keys' },
    },
    stream: 'new-image',
  },
  documents: { ...byOrganization, indexes: {}, stream: 'none' },
  'locked-keys': { ...byOrganization, indexes: {}, stream: 'none' },
  ledger: {
    ...byOrganization,
    indexes: {
      'by-enrollment': { partitionKey: 'enrollmentKey', sortKey: 'position', projection: 'keys' },
      'by-principal': { partitionKey: 'principalKey', sortKey: 'position', projection: 'keys' },
      'by-refusal': { partitionKey: 'refusalKey', sortKey: 'position', projection: 'keys' },
    },
    stream: 'keys',
  },
  activity: {
    partitionKey: 'collection',
    sortKey: 'record',
    indexes: {
      'by-subscriber': { partitionKey: 'subscriberKey', sortKey: 'record', projection: 'all' },
    },
    stream: 'none',
    expires: 'expires',
  },
} as const satisfies Record<TableName, TableShape>;
