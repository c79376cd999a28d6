import * as v from 'valibot';
import { organizationIn } from './ledger-chain.ts';

/** An entry that was put, as the stream of the ledger tells it. */
export interface NewEntry {
  /** The record of the stream, by its sequence number. */
  recordId: string;
  organization: string;
  /** Where it stands in the table. */
  place: string;
}

const text = v.object({ S: v.string() });

/** Of a record of the stream, whose view is `KEYS_ONLY`. */
const changeSchema = v.object({
  eventName: v.literal('INSERT'),
  dynamodb: v.object({
    SequenceNumber: v.string(),
    // A place begins with a year; the records of segments, with zeros.
    Keys: v.object({ organization: text, record: v.object({ S: v.pipe(v.string(), v.regex(/^2/)) }) }),
  }),
});

/** The entries among the records of the ledger's stream; what seals them writes there too, and is passed over. */
export function newEntries(records: readonly unknown[]): NewEntry[] {
  return records.flatMap((record) => {
    const change = v.safeParse(changeSchema, record);
    if (!change.success) return [];
    const { SequenceNumber: recordId, Keys: keys } = change.output.dynamodb;
    return [{ recordId, organization: organizationIn(keys.organization.S), place: keys.record.S }];
  });
}
