/**
 * The tables, as steps from one schema version to the next: `PRAGMA user_version` counts the steps that were taken. A
 * step that was released never changes; a change is a further step.
 */
export type Schema = readonly string[];

/**
 * One aggregate is one row. `state` and `subscriber_id` repeat what the record says, for conditions and indexes.
 *
 * The triggers are the local form of a table stream: the events that a written record carries reach the outbox in the
 * same statement that writes the record, so there is no moment at which one stands without the other.
 */
const aggregates = `
  CREATE TABLE aggregates (
    organization TEXT NOT NULL,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    state TEXT,
    subscriber_id TEXT,
    record TEXT NOT NULL,
    written_at TEXT NOT NULL,
    PRIMARY KEY (organization, type, id)
  ) STRICT;
  CREATE INDEX aggregates_by_state ON aggregates (organization, type, state, id);
  CREATE INDEX aggregates_by_subscriber ON aggregates (organization, type, subscriber_id, id);

  CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    time TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER aggregate_created AFTER INSERT ON aggregates BEGIN ${copyEvents()} END;
  CREATE TRIGGER aggregate_replaced AFTER UPDATE ON aggregates BEGIN ${copyEvents()} END;
`;

function copyEvents(): string {
  return `
    INSERT INTO outbox (id, source, type, time, data)
    SELECT
      NEW.id || '.' || NEW.version || '.' || event.key,
      '/organizations/' || NEW.organization
        || CASE NEW.type WHEN 'enrollment' THEN '/enrollments/' || NEW.id ELSE '' END,
      event.value ->> '$.name',
      NEW.written_at,
      event.value -> '$.data'
    FROM json_each(NEW.record, '$.events') AS event
    ORDER BY event.key;
  `;
}

/** One row is one message of one consumer. Times are milliseconds since 1970. */
const messages = `
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer TEXT NOT NULL,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event TEXT NOT NULL,
    visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    UNIQUE (consumer, source, event_id)
  ) STRICT;
  CREATE INDEX messages_by_visibility ON messages (consumer, visible_at);
  CREATE INDEX messages_by_time ON messages (visible_at);

  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer TEXT NOT NULL,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event TEXT NOT NULL,
    code TEXT NOT NULL,
    since TEXT NOT NULL
  ) STRICT;
`;

/** Write-once records. The key is the whole name, so no other organization's id can be met. */
function documents(table: string): string {
  return `
    CREATE TABLE ${table} (
      kind TEXT NOT NULL,
      organization TEXT NOT NULL,
      id TEXT NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (kind, organization, id)
    ) STRICT;
    CREATE TRIGGER ${table}_written_once BEFORE UPDATE ON ${table}
    BEGIN SELECT RAISE (ABORT, 'documents are written once'); END;
  `;
}

/** `body` is the exact text that `sha256` was taken of, and it names the `sha256` of the entry before. */
const ledger = `
  CREATE TABLE ledger (
    organization TEXT NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (organization, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER ledger_in_sequence BEFORE INSERT ON ledger
  WHEN NEW.sequence <> (
    SELECT coalesce(max(sequence), 0) + 1 FROM ledger WHERE organization = NEW.organization)
  BEGIN SELECT RAISE (ABORT, 'the ledger is append only'); END;
  CREATE TRIGGER ledger_unaltered BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE (ABORT, 'the ledger is append only'); END;
  CREATE TRIGGER ledger_undeleted BEFORE DELETE ON ledger
  BEGIN SELECT RAISE (ABORT, 'the ledger is append only'); END;
`;

/** What the vault knows of each object; the bytes are files. `state` is `writing`, `stored` or `removing`. */
const vaultObjects = `
  CREATE TABLE vault_objects (
    name TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('writing', 'stored', 'removing')),
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    retain_until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX vault_objects_unfinished ON vault_objects (state) WHERE state <> 'stored';
`;

/**
 * The outbox becomes a log: rows stay after they were published, until they are pruned. What was not yet published when
 * this step was taken is all that stands there, so the cursor starts before it. An organization's row of `outbox_pruned`
 * says up to where its events are no longer kept.
 */
const eventLog = `
  ALTER TABLE outbox ADD COLUMN organization TEXT NOT NULL GENERATED ALWAYS AS (
    substr(source, 16, instr(substr(source, 16) || '/', '/') - 1)) VIRTUAL;
  CREATE INDEX outbox_by_organization ON outbox (organization, position);
  CREATE TABLE outbox_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    published INTEGER NOT NULL
  ) STRICT;
  INSERT INTO outbox_cursor (id, published) VALUES (1, 0);
  CREATE TABLE outbox_pruned (
    organization TEXT PRIMARY KEY,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Lists by purpose, and by state and purpose, each in the order of ids. The purpose is read out of the record, where it never
 * changes. What lists by state alone goes through its purposes, so the index without them is not needed any more.
 */
const purposes = `
  ALTER TABLE aggregates ADD COLUMN purpose TEXT GENERATED ALWAYS AS (record ->> '$.purpose') VIRTUAL;
  DROP INDEX aggregates_by_state;
  CREATE INDEX aggregates_by_state_and_purpose ON aggregates (organization, type, state, purpose, id);
  CREATE INDEX aggregates_by_purpose ON aggregates (organization, type, purpose, id);
`;

/** A claim is one row, written once; `until` is milliseconds since 1970. */
const idempotencyKeys = `
  CREATE TABLE idempotency_keys (
    organization TEXT NOT NULL,
    id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (organization, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_keys_by_end ON idempotency_keys (until);
`;

/** Tells a message that waits for its next try (1) from one that somebody works on, or that is visible. */
const pausing = 'ALTER TABLE messages ADD COLUMN pausing INTEGER NOT NULL DEFAULT 0;';

/** What an organization is told of its own messages: how many, since when, and which were given up. */
const organizationQueues = `
  ALTER TABLE messages ADD COLUMN enqueued_at INTEGER NOT NULL DEFAULT 0;
  UPDATE messages SET enqueued_at = visible_at;
  ALTER TABLE messages ADD COLUMN organization TEXT GENERATED ALWAYS AS (${organizationInSource()}) VIRTUAL;
  CREATE INDEX messages_by_organization ON messages (organization, enqueued_at);
  ALTER TABLE dead_letters ADD COLUMN organization TEXT GENERATED ALWAYS AS (${organizationInSource()}) VIRTUAL;
  CREATE INDEX dead_letters_by_organization ON dead_letters (organization, id);
`;

/** The organization that an event's source names, as `organizationOf` reads it; NULL if it names none. */
function organizationInSource(): string {
  return `
    CASE WHEN substr(source, 1, 15) = '/organizations/'
      THEN nullif(substr(source, 16, instr(substr(source, 16) || '/', '/') - 1), '') END`;
}

/** What subscribers were told, in the order of telling. */
const notices = `
  CREATE TABLE notices (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    organization TEXT NOT NULL,
    id TEXT NOT NULL,
    subscriber_id TEXT NOT NULL,
    email TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    time TEXT NOT NULL,
    UNIQUE (organization, id)
  ) STRICT;
  CREATE INDEX notices_by_organization ON notices (organization, position);
  CREATE INDEX notices_by_subscriber ON notices (organization, subscriber_id, position);
`;

/** Enrollments that still name what is to be discarded: few at any time, and each is looked for again and again. */
const leftovers = `
  ALTER TABLE aggregates ADD COLUMN leftovers INTEGER GENERATED ALWAYS AS (
    CASE WHEN record ->> '$.pendingLock' IS NOT NULL OR record -> '$.superseded' IS NOT NULL THEN 1 END) VIRTUAL;
  CREATE INDEX aggregates_with_leftovers ON aggregates (organization, type, id) WHERE leftovers = 1;
`;

/** What an escrow that became due may leave over is looked for among the others. */
const leftoversOfEscrows = `
  DROP INDEX aggregates_with_leftovers;
  ALTER TABLE aggregates DROP COLUMN leftovers;
  ALTER TABLE aggregates ADD COLUMN leftovers INTEGER GENERATED ALWAYS AS (
    CASE WHEN record ->> '$.pendingLock' IS NOT NULL OR record -> '$.superseded' IS NOT NULL
      OR record -> '$.escrowing' IS NOT NULL THEN 1 END) VIRTUAL;
  CREATE INDEX aggregates_with_leftovers ON aggregates (organization, type, id) WHERE leftovers = 1;
`;

/**
 * Key pairs are made by a consumer a purpose, and events that ask for one name it. What waits, was given up or was not yet
 * published before that is told the purpose of its enrollment, and goes to the consumer of it; what names no enrollment goes
 * where it is refused as it would have been.
 */
const purposeOfKeyPairs = `
  CREATE TEMP TABLE purposes (purpose TEXT PRIMARY KEY, consumer TEXT NOT NULL);
  INSERT INTO purposes VALUES ('identity', 'make-identity-key-pair'), ('encryption', 'make-encryption-key-pair');
  ${['messages', 'dead_letters'].map(givenPurpose).join('')}
  DROP TABLE purposes;
  UPDATE outbox SET data = json_set(data, '$.purpose', record.purpose)
  FROM aggregates AS record
  WHERE outbox.type = 'EnrollmentAccepted' AND outbox.position > (SELECT published FROM outbox_cursor)
    AND record.organization = outbox.organization AND record.type = 'enrollment'
    AND record.id = outbox.data ->> '$.enrollmentId';
`;

function givenPurpose(table: string): string {
  return `
    UPDATE ${table} SET consumer = purposes.consumer, event = json_set(event, '$.data.purpose', purposes.purpose)
    FROM aggregates AS record JOIN purposes USING (purpose)
    WHERE ${table}.consumer = 'make-key-pair'
      AND record.organization = ${table}.organization AND record.type = 'enrollment'
      AND record.id = ${table}.event ->> '$.data.enrollmentId';
    UPDATE ${table} SET consumer = 'make-encryption-key-pair' WHERE consumer = 'make-key-pair';
  `;
}

/**
 * `line` is the exact text that `sha256` was taken of, and it names the `sha256` of the line before. What it is found by is read
 * out of it, so that the two cannot differ. Lines of the form before are moved by `ledger-of-before.ts`, which then drops their
 * table: a digest cannot be taken in SQL.
 */
const ledgerLines = `
  ALTER TABLE ledger RENAME TO ledger_of_before;
  CREATE TABLE ledger (
    organization TEXT NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    line TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    id TEXT NOT NULL GENERATED ALWAYS AS (line ->> '$.id') VIRTUAL,
    enrollment_id TEXT GENERATED ALWAYS AS (line ->> '$.entry.enrollmentId') VIRTUAL,
    principal TEXT GENERATED ALWAYS AS (line ->> '$.entry.principal') VIRTUAL,
    outcome TEXT GENERATED ALWAYS AS (line ->> '$.entry.outcome') VIRTUAL,
    PRIMARY KEY (organization, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX ledger_by_id ON ledger (organization, id);
  CREATE INDEX ledger_by_enrollment ON ledger (organization, enrollment_id, sequence)
    WHERE enrollment_id IS NOT NULL;
  CREATE INDEX ledger_by_principal ON ledger (organization, principal, sequence);
  CREATE INDEX ledger_refused ON ledger (organization, sequence) WHERE outcome = 'refused';
  CREATE TRIGGER ledger_line_in_sequence BEFORE INSERT ON ledger
  WHEN NEW.sequence <> (
    SELECT coalesce(max(sequence), 0) + 1 FROM ledger WHERE organization = NEW.organization)
  BEGIN SELECT RAISE (ABORT, 'the ledger is append only'); END;
  CREATE TRIGGER ledger_line_unaltered BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE (ABORT, 'the ledger is append only'); END;
  CREATE TRIGGER ledger_line_undeleted BEFORE DELETE ON ledger
  BEGIN SELECT RAISE (ABORT, 'the ledger is append only'); END;
`;

/** Everything but the locked keys. */
export const mainSchema: Schema = [
  aggregates + messages + documents('documents') + ledger + vaultObjects,
  eventLog,
  purposes,
  idempotencyKeys,
  pausing,
  organizationQueues,
  notices,
  leftovers,
  purposeOfKeyPairs,
  ledgerLines,
  leftoversOfEscrows,
];

/** Locked keys stand in a file of their own: who may read lists and events need not be able to read it. */
export const lockedKeysSchema: Schema = [documents('locked_keys')];
