import { asEscrowError } from '#domain/errors.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';

/** Longest text of a sender's choosing that a record keeps: an event's source and id come from outside. */
const longestText = 256;

/**
 * Does something and records that it was done, refused (the caller must change something) or failed (it may succeed
 * later). The result leaves only once its record stands: no record, no act.
 * @param told what the result adds to the record of what was done: which enrollment it is, or that policy refused it
 * @throws what the work throws; StoreError `store-unavailable` if the record could not be made
 */
export async function recorded<T>(
  { ledger }: Pick<Dependencies, 'ledger'>,
  entry: Omit<LedgerEntry, 'outcome' | 'code' | 'about'>,
  work: () => Promise<T>,
  told: (result: T) => Partial<LedgerEntry> = () => ({}),
): Promise<T> {
  const bounded = {
    ...entry,
    principal: cut(entry.principal),
    ...(entry.requestId !== undefined && { requestId: cut(entry.requestId) }),
  };
  let result: T;
  try {
    result = await work();
  } catch (thrown) {
    const error = asEscrowError(thrown);
    const { field, issues, rules } = error.details;
    const about = rules ?? issues?.map((issue) => issue.field) ?? (field === undefined ? undefined : [field]);
    const outcome = error.retryable ? 'failed' : 'refused';
    await ledger.record({ ...bounded, outcome, code: error.code, ...(about && { about }) });
    throw error;
  }
  await ledger.record({ ...bounded, outcome: 'done', ...told(result) });
  return result;
}

function cut(text: string): string {
  return text.slice(0, longestText);
}
