/** What a field may hold: text, a finite number, or a few texts. */
interface Kinds {
  text: string;
  number: number;
  texts: readonly string[];
}

/**
 * Every field that may be logged or traced. Identifiers, codes, counts and names of our own: no name of a person, no
 * address, nothing that was sent as content. What is not in this table cannot be logged.
 */
export const logFields = {
  requestId: 'text',
  traceId: 'text',
  /** On AWS Lambda: which function it is, which invocation of it, and 1 if that is the first of its process. */
  function: 'text',
  invocationId: 'text',
  coldStart: 'number',
  method: 'text',
  /** The template that matched, as in `/v1/enrollments/{enrollmentId}`; never the path that was asked for. */
  route: 'text',
  status: 'number',
  /** How long it took, milliseconds. */
  durationMs: 'number',
  /** Bytes of the body that was read or written. */
  bytes: 'number',
  organization: 'text',
  /** `person`, `machine`, or `service`. */
  principal: 'text',
  roles: 'texts',
  enrollmentId: 'text',
  backupId: 'text',
  exportId: 'text',
  receiptId: 'text',
  webhookId: 'text',
  deadLetterId: 'text',
  consumer: 'text',
  eventType: 'text',
  eventId: 'text',
  receiveCount: 'number',
  /** `done`, `refused`, `failed`; of a delivery `done`, `retry`, `buried`. */
  outcome: 'text',
  code: 'text',
  /** Of a policy, and the names of its rules. */
  policyVersion: 'text',
  rules: 'texts',
  /** Names of fields at fault, never what stood in them. */
  fields: 'texts',
  retryAfterSeconds: 'number',
  /** Of what a run of the clock's work did. */
  abandonedAttempts: 'number',
  emittedAgain: 'number',
  removedObjects: 'number',
  discarded: 'number',
  failures: 'number',
  /** How many things are meant: messages in hand, requests in flight, items of a batch. */
  count: 'number',
  signal: 'text',
  /** Where the server listens. */
  url: 'text',
  build: 'text',
} as const satisfies Record<string, keyof Kinds>;

export type LogField = keyof typeof logFields;

/** Fields and their values; one that is undefined is left out. */
export type LogFields = { readonly [F in LogField]?: Kinds[(typeof logFields)[F]] | undefined };

/** Longest text that is logged, in UTF-16 code units. */
const longestText = 256;
const mostTexts = 16;

const fieldNames = Object.keys(logFields).filter(isField);

/**
 * The fields that may leave, whatever was passed: those of the table, each of its own type, bounded. What has another
 * name or type is dropped.
 * @returns a new object, its fields in the order of the table
 */
export function allowedFields(
  fields: Readonly<Partial<Record<LogField, unknown>>>,
): Record<string, string | number | string[]> {
  const entries = fieldNames.flatMap((name) => {
    const value = allowedValue(logFields[name], fields[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function allowedValue(kind: keyof Kinds, value: unknown): string | number | string[] | undefined {
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  if (kind === 'text') return typeof value === 'string' ? cut(value) : undefined;
  return Array.isArray(value) ? value.slice(0, mostTexts).filter(isText).map(cut) : undefined;
}

/** Text of at most 256 code units; what was longer ends with an ellipsis. */
function cut(text: string): string {
  return (text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`).toWellFormed();
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isField(name: string): name is LogField {
  return Object.hasOwn(logFields, name);
}
