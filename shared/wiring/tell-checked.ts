import type { ErrorCode } from '#domain/error-codes.ts';
import type { WorkerOpening } from './worker-function.ts';

/** What checks found. */
export interface CheckResult {
  /** How many were looked at, and are as they should be or not. */
  count: number;
  findings: readonly { organization: string; enrollmentId?: string; code: ErrorCode }[];
}

type Told = Pick<WorkerOpening, 'log' | 'counting'>;

/** Logs and counts what the check of stored backups found; each finding is for a person. */
export function tellBackupsChecked({ log, counting }: Told, { count, findings }: CheckResult): void {
  for (const { organization, enrollmentId, code } of findings) {
    log.error('check-found', { organization, enrollmentId, code });
  }
  log.info('backups-checked', { count, failures: findings.length });
  counting.add('BackupsChecked', count);
  counting.add('BackupChecksFailed', findings.length);
}

/** Logs and counts what the check of the canaries found; each finding is for a person. */
export function tellCanariesChecked({ log, counting }: Told, { count, findings }: CheckResult): void {
  for (const { organization, enrollmentId, code } of findings) {
    log.error('check-found', { organization, enrollmentId, code });
  }
  log.info('canaries-checked', { count, failures: findings.length });
  counting.add('CanariesOpened', count);
  counting.add('CanaryChecksFailed', findings.length);
}
