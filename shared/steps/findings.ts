import type { ErrorCode } from '#domain/error-codes.ts';
import { asEscrowError } from '#domain/errors.ts';
import type { Dependencies } from './dependencies.ts';

/** What a check found wrong. It holds no more than names: what is wrong with them is for a person to find out. */
export interface Finding {
  organization: string;
  /** Absent where what is missing never was. */
  enrollmentId?: string;
  /** As in `object-missing`. */
  code: ErrorCode;
  /** The stored object, where there is one. */
  objectName?: string;
}

/** A finding's code and name, of what a check threw. */
export function findingOf(error: unknown, about: Omit<Finding, 'code'>): Finding {
  return { ...about, code: asEscrowError(error).code };
}

/**
 * Records what a check found, for whoever looks after the service and for auditors: it was looked for, and is wrong.
 * @param action the check, as in `check-backup`
 * @throws StoreError `store-unavailable`
 */
export async function recordFinding(
  { ledger }: Pick<Dependencies, 'ledger'>,
  action: string,
  { organization, enrollmentId, code, objectName }: Finding,
  requestId: string,
): Promise<void> {
  await ledger.record({
    ...{ action, organization, principal: 'service', outcome: 'failed', code, requestId },
    ...(enrollmentId !== undefined && { enrollmentId }),
    ...(objectName !== undefined && { about: [objectName] }),
  });
}
