import { deriveCanaryKeys } from '#crypto/canary-keys.ts';
import { canaryOrganization } from '#domain/canary.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { type Finding, findingOf, recordFinding } from '#steps/findings.ts';
import { organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { recorded } from '#steps/record.ts';
import { dueCanaries } from './due-canaries.ts';
import { openCanary } from './open-canary.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'vault' | 'ledger' | 'clock' | 'canarySecret'>;

/** How the canaries were found. */
export interface CanariesChecked {
  /** The ids of those that were opened, and whose key was used. */
  opened: string[];
  findings: Finding[];
}

const organization = canaryOrganization;
const pageSize = 1_000;

/**
 * Opens every canary that is due, from a `CanaryCheckDue` event: what recovery will need of anybody's backup is tried on these,
 * whose recovery key the service has. One that is missing, late or does not open is recorded and returned, and keeps no other
 * from being opened. Where custody makes no keys that can be escrowed, the canaries are refused, and that is no finding.
 * @throws AccessError `not-found` for the event of another organization; ProviderError as `CanarySecret.read`; StoreError
 *   `store-unavailable` if the canaries cannot be listed
 */
export async function checkCanaries(dependencies: Needs, event: CloudEvent): Promise<CanariesChecked> {
  const asked = recordedUnder(await organizationOfEvent(dependencies, event));
  const act = { action: 'check-canaries', organization: asked, principal: 'service', requestId: event.id };
  const work = async () => {
    if (asked !== organization) throw new AccessError('not-found');
    const canaries = await allCanaries(dependencies);
    const due = dueCanaries(canaries, dependencies.clock.now());
    const checked = await openEach(dependencies, due.toOpen);
    const late = due.overdue.map(({ id: enrollmentId }) => overdue({ enrollmentId }));
    const missing = due.isMissing ? [overdue({})] : [];
    const findings = [...missing, ...late, ...checked.findings];
    for (const each of findings) await recordFinding(dependencies, 'check-canary', each, event.id);
    return { ...checked, findings };
  };
  return await recorded(dependencies, act, work, ({ opened }) => ({ about: opened }));
}

function overdue(named: { enrollmentId?: string }): Finding {
  return { organization, ...named, code: 'canary-overdue' };
}

async function allCanaries({ registry }: Needs): Promise<Enrollment[]> {
  const all: Enrollment[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.enrollments({
      ...{ organization, limit: pageSize },
      ...(cursor !== undefined && { cursor }),
    });
    all.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}

async function openEach(dependencies: Needs, canaries: readonly Enrollment[]): Promise<CanariesChecked> {
  const secret = await dependencies.canarySecret.read();
  try {
    const keys = await deriveCanaryKeys(secret);
    const checked: CanariesChecked = { opened: [], findings: [] };
    for (const each of canaries) {
      await openCanary(dependencies, each, keys).then(
        () => checked.opened.push(each.id),
        (error: unknown) => checked.findings.push(findingOf(error, namesOf(each))),
      );
    }
    return checked;
  } finally {
    secret.erase();
  }
}

function namesOf(enrollment: Enrollment): Omit<Finding, 'code'> {
  const objectName = activeBackup(enrollment)?.objectName;
  return { organization, enrollmentId: enrollment.id, ...(objectName !== undefined && { objectName }) };
}
