import type { ErrorCode } from '#domain/error-codes.ts';
import type { WorkerOpening } from './worker-function.ts';

/** What checks found. */
export interface CheckResult {
  /** How many were looked at; of canaries, how many were opened. */
  count: number;
  findings: readonly { organization: string; enrollmentId?: string; code: ErrorCode }[];
}

type Told = Pick<WorkerOpening, 'log' | 'counting'>;

/** Logs and counts what the check of stored backups found. */
export function tellBackupsChecked(told: Told, result: CheckResult): void {
  tellFindings(told, result);
  told.log.info('backups-checked', { count: result.count, failures: result.findings.length });
  told.counting.add('BackupsChecked', result.count);
  told.counting.add('BackupChecksFailed', result.findings.length);
}

/** Logs and counts what the check of the canaries found. */
export function tellCanariesChecked(told: Told, result: CheckResult): void {
  tellFindings(told, result);
  told.log.info('canaries-checked', { count: result.count, failures: result.findings.length });
  told.counting.add('CanariesOpened', result.count);
  told.counting.add('CanaryChecksFailed', result.findings.length);
}

/** Each is for a person to look at. */
function tellFindings({ log }: Told, { findings }: CheckResult): void {
  for (const { organization, enrollmentId, code } of findings) {
    log.error('check-found', { organization, enrollmentId, code });
  }
}
