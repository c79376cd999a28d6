import * as v from 'valibot';
import { enrollmentBody } from '#contract/api/enrollments.ts';
import { enrollmentRequestedSchema } from '#contract/enrollment-requested.ts';
import { fieldIssues } from '#contract/parse.ts';
import { purposesOf, readNumberedSubscribers } from '#contract/subscriber-list.ts';
import { fingerprint } from '#crypto/identifiers.ts';
import { asEscrowError, type FieldIssue } from '#domain/errors.ts';
import { parseKeySpec } from '#domain/key-spec.ts';

/** One certificate request, as the API takes it. */
export type RequestBody = v.InferInput<typeof enrollmentBody>;

/** A request and where it stands: rows count from 1, as an editor or a spreadsheet shows them. */
export interface NumberedRequest {
  row: number;
  /** The same row of the same file has the same key: run again, it is the same request. */
  idempotencyKey: string;
  body: RequestBody;
}

/** A row that was not sent: what is wrong with which field. */
export interface RefusedRow extends FieldIssue {
  row: number;
}

export interface Requests {
  requests: NumberedRequest[];
  refused: RefusedRow[];
}

/**
 * The key of a request, from what it asks for.
 * @param round what the keys begin with: another round of the same file is another request
 */
export function keyOf(body: RequestBody, round: string): string {
  return `${round}${fingerprint(body)}`;
}

/**
 * The requests of a list of subscribers in CSV. @param round see `keyOf`
 * @throws InputError `invalid-input` if the whole file is no such list
 */
export function csvRequests(bytes: Uint8Array, round: string): Requests {
  const { rows, refused } = readNumberedSubscribers(bytes);
  const requests = rows.flatMap(({ row, subscriber: of }) =>
    purposesOf(of).map((purpose) => {
      const subscriber = {
        id: of.subscriberId,
        givenName: of.givenName,
        familyName: of.familyName,
        email: of.email,
      };
      const body = { subscriber, purpose, keySpec: of.keySpec, assurance: of.assurance };
      return { row, idempotencyKey: keyOf(body, round), body };
    }),
  );
  return { requests, refused };
}

const lineSchema = v.strictObject({
  ...enrollmentBody.entries,
  idempotencyKey: v.optional(enrollmentRequestedSchema.entries.idempotencyKey),
});

/** The requests of JSON Lines: on each line the body of a request, which may carry a key of its own. Empty lines count, and are passed over. */
export function jsonLinesRequests(bytes: Uint8Array, round: string): Requests {
  const lines = new TextDecoder().decode(bytes).split('\n');
  const found: Requests = { requests: [], refused: [] };
  for (const [index, line] of lines.entries()) {
    if (line.trim() !== '') readLine(line, index + 1, round, found);
  }
  return found;
}

function readLine(line: string, row: number, round: string, found: Requests): void {
  const value = jsonOf(line);
  if (value === undefined) {
    found.refused.push({ row, field: '(line)', why: 'is not JSON', next: 'Write one object a line.' });
    return;
  }
  const parsed = v.safeParse(lineSchema, value);
  const issues = parsed.success ? keySpecIssues(parsed.output.keySpec) : fieldIssues(parsed.issues);
  found.refused.push(...issues.map((issue) => ({ row, ...issue })));
  if (!parsed.success || issues.length > 0) return;
  const { idempotencyKey, ...body } = parsed.output;
  found.requests.push({ row, idempotencyKey: idempotencyKey ?? keyOf(body, round), body });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What is wrong with a key spec, for its own code says no field. */
function keySpecIssues(name: string): FieldIssue[] {
  try {
    parseKeySpec(name);
    return [];
  } catch (error) {
    const { details, next } = asEscrowError(error);
    return [{ field: 'keySpec', why: details.why ?? 'is not a key spec', next }];
  }
}
