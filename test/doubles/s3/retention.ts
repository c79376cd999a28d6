import { s3Error } from './s3-error.ts';
import { textIn } from './xml.ts';

export interface Retention {
  mode: 'COMPLIANCE' | 'GOVERNANCE';
  /** Milliseconds since 1970. */
  until: number;
}

export interface DefaultRetention {
  mode: Retention['mode'];
  days: number;
}

const day = 86_400_000;

/**
 * The lock that an object is written under: that of the request, or the default of the bucket (User Guide, "Locking objects
 * with Object Lock", "Object Lock considerations").
 * @throws AwsError `InvalidArgument` for half a lock, a mode that is none, or a date that is past; `InvalidRequest` if the bucket
 *   has no Object Lock
 */
export function retentionOfWrite(
  headers: Readonly<Record<string, string | undefined>>,
  { objectLock, defaultRetention }: { objectLock: boolean; defaultRetention?: DefaultRetention | undefined },
  now: number,
): Retention | undefined {
  const mode = headers['x-amz-object-lock-mode'];
  const until = headers['x-amz-object-lock-retain-until-date'];
  if (mode === undefined && until === undefined) {
    return defaultRetention && { mode: defaultRetention.mode, until: now + defaultRetention.days * day };
  }
  if (mode === undefined || until === undefined) {
    const both = 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied';
    throw s3Error('InvalidArgument', both);
  }
  if (!objectLock) throw s3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  return checked(mode, until, now);
}

/** The lock that a `PutObjectRetention` asks for. @throws AwsError `MalformedXML`; as `retentionOfWrite` */
export function retentionInDocument(document: string, now: number): Retention {
  const mode = textIn(document, 'Mode');
  const until = textIn(document, 'RetainUntilDate');
  if (mode === undefined || until === undefined) throw s3Error('MalformedXML');
  return checked(mode, until, now);
}

/**
 * Lets a lock take the place of another: one in COMPLIANCE mode is never shortened, nor its mode changed, while it lasts; one in
 * GOVERNANCE mode only by whoever may bypass it (User Guide, "Retention modes").
 * @throws AwsError `AccessDenied`
 */
export function requireReplaceable(
  present: Retention | undefined,
  next: Retention,
  now: number,
  bypass: boolean,
): void {
  if (present === undefined || present.until <= now) return;
  if (next.mode === present.mode && next.until >= present.until) return;
  if (present.mode === 'GOVERNANCE' && bypass) return;
  throw s3Error('AccessDenied', 'Access Denied because object protected by object lock.');
}

/** @throws AwsError `AccessDenied` while the lock keeps the version from being deleted */
export function requireDeletable(present: Retention | undefined, now: number, bypass: boolean): void {
  if (present === undefined || present.until <= now) return;
  if (present.mode === 'GOVERNANCE' && bypass) return;
  throw s3Error('AccessDenied', 'Access Denied because object protected by object lock.');
}

function checked(mode: string, date: string, now: number): Retention {
  if (mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') {
    throw s3Error('InvalidArgument', 'Unknown wormMode directive.');
  }
  const until = Date.parse(date);
  if (Number.isNaN(until)) throw s3Error('InvalidArgument', 'The retain until date is not a date');
  if (until <= now) throw s3Error('InvalidArgument', 'The retain until date must be in the future!');
  return { mode, until };
}
