import { asEscrowError, type EscrowError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { endOf, type Ledger, type LedgerEntry, type RecordNow, type RefuseNow } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';

/** Longest text of a sender's choosing that a record keeps: an event's source and id come from outside. */
const longestText = 256;

/** As enrollments are called. Whatever else stands where an id belongs names nothing, and may be a secret put there by mistake. */
const enrollmentIdForm = /^enr_[a-z0-9]{1,26}$/;

/** What is known of an act before it is tried. */
export type Act = Omit<LedgerEntry, 'outcome' | 'code' | 'about'>;

/**
 * Does something and records that it was done, refused (the caller must change something) or failed (it may succeed
 * later). The result leaves only once its record stands: no record, no act.
 *
 * Work that does what cannot be undone asks for its record just before, and is not recorded again when it is done. If it fails after
 * that, the entry of its failure names the one that it takes back, unless it may be done all the same (`mayStand`); and if it ends with
 * its process, the early one stands alone: what it says was not done, or done and not told. Never the other way round. So does work that
 * has a refusal told by an event, and is then not recorded again as it throws that refusal.
 * @param told what the result adds to the record of what was done: which enrollment it is, or that policy refused it
 * @throws what the work throws; StoreError `store-unavailable` if the record could not be made
 */
export async function recorded<T>(
  { ledger }: Pick<Dependencies, 'ledger'>,
  act: Act,
  work: (recordNow: RecordNow, refuseNow: RefuseNow) => Promise<T>,
  told: (result: T) => Partial<LedgerEntry> = () => ({}),
): Promise<T> {
  let early: string | undefined;
  const recordNow: RecordNow = async (more = {}) => {
    early = await ledger.record({ ...bounded(act), outcome: 'done', ...more });
    return early;
  };
  let refused: EscrowError | undefined;
  const refuseNow: RefuseNow = async (error) => {
    await ledger.record({ ...bounded(act), ...endOf(error) });
    refused = error;
  };
  let result: T;
  try {
    result = await work(recordNow, refuseNow);
  } catch (thrown) {
    if (thrown === refused) throw thrown;
    // What may have been done is not taken back: the entry stands, and the failure beside it.
    const takesBack = asEscrowError(thrown).details.mayStand === true ? undefined : early;
    throw await recordEnd(ledger, act, thrown, takesBack);
  }
  if (early === undefined) await ledger.record({ ...bounded(act), outcome: 'done', ...told(result) });
  return result;
}

/**
 * Reads something, and records it only if it was refused or failed: a look that is allowed changes nothing, and a record of
 * each would make every read a write.
 * @throws what the work throws; StoreError `store-unavailable` if the record could not be made
 */
export async function recordedIfRefused<T>(
  { ledger }: Pick<Dependencies, 'ledger'>,
  act: Act,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw await recordEnd(ledger, act, thrown);
  }
}

/** Records how an act ended that was not done. @returns the error to throw */
async function recordEnd(
  ledger: Ledger,
  act: Act,
  thrown: unknown,
  takesBack?: string,
): Promise<EscrowError> {
  const error = asEscrowError(thrown);
  await ledger.record({ ...bounded(act), ...endOf(error), ...(takesBack !== undefined && { takesBack }) });
  return error;
}

/** What one who signed in does, as it is recorded. */
export function actOf(
  action: string,
  { organization, subject }: Principal,
  { requestId, enrollmentId }: { requestId: string; enrollmentId?: string },
): Act {
  return {
    action,
    organization,
    principal: subject,
    requestId,
    ...(enrollmentId !== undefined && { enrollmentId }),
  };
}

function bounded({ enrollmentId, ...act }: Act): Act {
  return {
    ...act,
    principal: cut(act.principal),
    ...(act.requestId !== undefined && { requestId: cut(act.requestId) }),
    ...(enrollmentId !== undefined && enrollmentIdForm.test(enrollmentId) && { enrollmentId }),
  };
}

function cut(text: string): string {
  return text.slice(0, longestText);
}
