import * as v from 'valibot';
import type { Counting } from '#runtime/counting.ts';

/** Of a record of the aggregates' stream, what is counted. */
const writtenSchema = v.object({
  dynamodb: v.object({
    NewImage: v.object({
      json: v.object({ S: v.string() }),
      writtenAt: v.object({ S: v.pipe(v.string(), v.isoTimestamp()) }),
    }),
  }),
});

const aggregateSchema = v.object({
  events: v.array(v.object({ name: v.string() })),
  requestedAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  lock: v.optional(v.string()),
});

/**
 * Counts what a written record says has happened: key pairs made, backups escrowed, requests and exports refused, and how long it
 * took from a request to its proved backup. An enrollment whose subscriber sets a password first waits for a person, for days
 * maybe, so that time is not counted.
 * @param record of the aggregates' stream; one that cannot be read counts for nothing
 */
export function countWritten(record: unknown, counting: Counting): void {
  const written = v.safeParse(writtenSchema, record);
  if (!written.success) return;
  const { json, writtenAt } = written.output.dynamodb.NewImage;
  const aggregate = v.safeParse(v.pipe(v.string(), v.parseJson(), aggregateSchema), json.S);
  if (!aggregate.success) return;
  const { events, requestedAt, lock } = aggregate.output;
  for (const { name } of events) {
    if (name === 'EnrollmentKeyPairCreated') counting.add('Enrolled');
    if (name === 'EnrollmentRefused' || name === 'ExportRefused') counting.add('Refused');
    if (name !== 'BackupEscrowed') continue;
    counting.add('Escrowed');
    if (requestedAt === undefined || lock === 'password') continue;
    const seconds = (Date.parse(writtenAt.S) - Date.parse(requestedAt)) / 1_000;
    if (seconds >= 0) counting.add('SecondsFromRequestToProvedEscrow', seconds);
  }
}
