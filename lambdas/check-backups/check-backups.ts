import { eventSchemas } from '#contract/events.ts';
import { parse } from '#contract/parse.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { fewAtOnce } from '#steps/few-at-once.ts';
import { type Finding, findingOf, recordFinding } from '#steps/findings.ts';
import { followPage } from '#steps/follow-page.ts';
import { organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { recordedIfRefused } from '#steps/record.ts';
import { checkBackup } from './check-backup.ts';

export type CheckNeeds = Pick<
  Dependencies,
  'registry' | 'vault' | 'events' | 'ledger' | 'clock' | 'idempotencyKeys'
>;

/** How a page of stored backups was found. */
export interface BackupsChecked {
  organization: string;
  /** How many there were to check. */
  checked: number;
  findings: Finding[];
  /** Whether it was the last page, so that the organization's check is done. */
  isLast: boolean;
}

/** Enrollments of one page: some seconds of work, wherever the vault is. */
const pageSize = 100;
/** How many backups of a page are read at the same time: each waits for the vault most of the time. */
const atOnce = 8;

/**
 * Checks a page of an organization's stored backups, from a `BackupCheckDue` event, and has the next page checked by a further
 * one. What is found wrong is recorded and returned, and keeps nothing else from being checked. Safe to repeat: a page that is
 * delivered again is checked again, and those that follow are not.
 *
 * A backup that could not be read this time is a finding too, or else one that never can would hide those after it; but where
 * none could, the vault is away, and the event is tried again.
 * @throws InputError `invalid-input`; AccessError `not-found`; StoreError `store-unavailable`
 */
export async function checkBackups(dependencies: CheckNeeds, event: CloudEvent): Promise<BackupsChecked> {
  const organization = recordedUnder(await organizationOfEvent(dependencies, event));
  const act = { action: 'check-backups', organization, principal: 'service', requestId: event.id };
  return await recordedIfRefused(dependencies, act, async () => {
    const { cursor } = parse(eventSchemas.BackupCheckDue, event.data);
    if (organization === '') throw new AccessError('not-found');
    const page = await dependencies.registry.enrollments({
      ...{ organization, states: ['ready', 'destroyed'], purpose: 'encryption', limit: pageSize },
      ...(cursor !== undefined && { cursor }),
    });
    const { checked, findings } = await checkEach(dependencies, page.items, event.id);
    if (page.cursor !== undefined) {
      const next = { type: 'BackupCheckDue', data: { organization, cursor: page.cursor } } as const;
      await followPage(dependencies, event, {
        ...next,
        organization,
        cursor: page.cursor,
        by: 'check-backups',
      });
    }
    return { organization, checked, findings, isLast: page.cursor === undefined };
  });
}

async function checkEach(
  dependencies: CheckNeeds,
  enrollments: readonly Enrollment[],
  requestId: string,
): Promise<{ checked: number; findings: Finding[] }> {
  const ended = await fewAtOnce(enrollments, atOnce, (each) => checkBackup(dependencies.vault, each));
  const findings: Finding[] = [];
  let [checked, unread] = [0, 0];
  let away: unknown;
  for (const [index, enrollment] of enrollments.entries()) {
    const result = ended[index];
    if (result?.status !== 'rejected') {
      if (result?.value === true) checked += 1;
      continue;
    }
    const finding = findingOf(result.reason, namesOf(enrollment));
    findings.push(finding);
    checked += 1;
    if (finding.code !== 'store-unavailable') continue;
    unread += 1;
    away = result.reason;
  }
  if (unread > 0 && unread === checked) throw away;
  for (const finding of findings) await recordFinding(dependencies, 'check-backup', finding, requestId);
  return { checked, findings };
}

function namesOf(enrollment: Enrollment): Omit<Finding, 'code'> {
  const { organization, id: enrollmentId } = enrollment;
  const objectName = activeBackup(enrollment)?.objectName;
  return { organization, enrollmentId, ...(objectName !== undefined && { objectName }) };
}
