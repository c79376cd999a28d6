import type { BackupsChecked } from '#lambdas/check-backups/check-backups.ts';
import type { CanariesChecked } from '#lambdas/check-canaries/check-canaries.ts';
import type { Logger } from '#runtime/log.ts';

/** How a page of backups, or the canaries, were found. */
export type Checked = { backups: BackupsChecked } | { canaries: CanariesChecked };

/** Logs what a check found wrong, a line each, and that a check was done. */
export function tellChecked(log: Logger, checked: Checked): void {
  const { findings } = 'backups' in checked ? checked.backups : checked.canaries;
  for (const { organization, enrollmentId, code } of findings) {
    log.error('check-found', { organization, enrollmentId, code });
  }
  const failures = findings.length;
  if ('canaries' in checked) {
    log.info('canaries-checked', { count: checked.canaries.opened.length, failures });
    return;
  }
  const { organization, checked: count } = checked.backups;
  if (count > 0) log.info('backups-checked', { organization, count, failures });
}
