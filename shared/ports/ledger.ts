import type { ErrorCode } from '#domain/error-codes.ts';
import type { EscrowError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';

/** The policy that decided: its version, and the rules of it. */
export interface DecidingPolicy {
  version: string;
  rules: readonly string[];
}

/**
 * What was decided of an act in several questions, as one. Of two versions, where one was published in between, the later question's:
 * what the earlier one decided is in the entry of when it was asked.
 */
export function decidedBoth(earlier: DecidingPolicy, later: DecidingPolicy): DecidingPolicy {
  if (earlier.version !== later.version) return later;
  return { ...later, rules: [...new Set([...earlier.rules, ...later.rules])] };
}

/** What was done or refused: what, when, where, who, outcome (Federal Common Policy 5.4.1). Never a secret or a name. */
export interface LedgerEntry {
  /** The use case, as in `request-enrollment`. */
  action: string;
  /** Empty where the request named no organization that exists. */
  organization: string;
  /** The token subject or service that asked. */
  principal: string;
  outcome: 'done' | 'refused' | 'failed';
  /** Why, unless done. */
  code?: ErrorCode;
  /** The fields at fault, the policy rules that decided, or the stored object that it was done to. */
  about?: readonly string[];
  enrollmentId?: string;
  /** What a copy of a private key was written as, or was to be, had it not been refused. */
  profile?: PfxProfile;
  /** The event or request that asked. */
  requestId?: string;
  /** The function or process that recorded it. */
  where?: string;
  /** Where one was asked. */
  policy?: DecidingPolicy;
  /** The receipt that was signed of it. */
  receiptId?: string;
  /** The entry of the same act that was recorded before it was done, as done; and then it was not. */
  takesBack?: string;
}

/**
 * How an error ended what was asked: refused, or failed if it may succeed later; with its code, what was at fault, and the policy
 * that decided, where one did.
 */
export function endOf({
  code,
  retryable,
  details,
}: EscrowError): Pick<LedgerEntry, 'outcome' | 'code' | 'about' | 'policy'> {
  const { field, issues, rules, policyVersion: version } = details;
  const about = rules ?? issues?.map((issue) => issue.field) ?? (field === undefined ? undefined : [field]);
  const policy = rules === undefined || version === undefined ? undefined : { version, rules };
  return {
    outcome: retryable ? 'failed' : 'refused',
    code,
    ...(about && { about }),
    ...(policy && { policy }),
  };
}

/** A ledger whose entries say where they were recorded. @param where the function or process, as in `export-copy` */
export function recordingAt(where: string, ledger: Ledger): Ledger {
  return { record: (entry) => ledger.record({ ...entry, where }) };
}

/** Keeps the record of everything that was done and everything that was refused. Append only. */
export interface Ledger {
  /**
   * Appends an entry durably and returns its id. An act that must not happen unrecorded waits for this.
   * @throws StoreError `store-unavailable`: then the act must not happen
   */
  record(entry: LedgerEntry): Promise<string>;
}

/**
 * Records an act as done just before it counts, where it must not happen unrecorded, or its receipt names the entry.
 * @param told what it adds to the record
 * @returns the id of the entry
 * @throws StoreError `store-unavailable`: then the act must not happen
 */
export type RecordNow = (told?: Partial<LedgerEntry>) => Promise<string>;

/**
 * Records an act as refused just before something tells of it: an event, say. The act is then to throw that very error.
 * @throws StoreError `store-unavailable`: then nothing may tell of it
 */
export type RefuseNow = (error: EscrowError) => Promise<void>;
