import type { Enrollment } from '#domain/enrollment.ts';
import type { ListedObject } from '#ports/backup-vault.ts';
import { recordFinding } from '#steps/findings.ts';
import { whatStands } from '#steps/may-stand.ts';
import { recorded } from '#steps/record.ts';
import type { Duty, Needs, Reconciled, ReconcileRequest } from './needs.ts';
import { prefixesOf } from './parts.ts';
import { each, enrollmentsIn, hasTime } from './walk.ts';

const pageSize = 500;

/**
 * Holds enrollments and vault objects against each other, a part of them a run. An active backup that is not in the vault is a
 * finding, for a person; an object that no enrollment refers to is removed once its lock has ended, where the vault can remove
 * any, and counted where it stays.
 */
export const compareStored: Duty = async (needs, request, done) => {
  for (const prefix of prefixesOf(request.part)) {
    if (!hasTime(request)) return;
    await compare(needs, request, prefix, done);
  }
};

async function compare(
  needs: Needs,
  request: ReconcileRequest,
  prefix: string,
  done: Reconciled,
): Promise<void> {
  // Enrollments first: a backup that one names is in the vault already.
  const expected = await backupsOf(needs, request.organization, prefix);
  const stored = each((cursor) =>
    needs.vault.list(`${request.organization}/${prefix}`, ...(cursor === '' ? [] : [cursor])),
  );
  for await (const object of stored) {
    const named = expected.get(object.name);
    if (named?.version === object.version || named?.version === pending) expected.delete(object.name);
    else if (named === undefined) await removeOrCount(needs, request, object, done);
  }
  for (const [objectName, { enrollmentId, version }] of expected) {
    if (version === pending) continue;
    done.missingBackups.push(enrollmentId);
    const finding = { organization: request.organization, enrollmentId, objectName } as const;
    await recordFinding(needs, 'find-backup', { ...finding, code: 'object-missing' }, request.requestId);
  }
}

/** The version of a backup that is being written: it may be there, or not yet. */
const pending = '';

/** The backups that enrollments whose ids begin so refer to, by object name. */
async function backupsOf({ registry }: Needs, organization: string, prefix: string) {
  const expected = new Map<string, { enrollmentId: string; version: string }>();
  for await (const enrollment of enrollmentsIn(
    registry,
    { organization },
    { after: prefix, limit: pageSize },
  )) {
    if (!enrollment.id.startsWith(prefix)) break;
    for (const backup of enrollment.backups) {
      const version = backup.state === 'active' ? backup.objectVersion : pending;
      expected.set(backup.objectName, { enrollmentId: enrollment.id, version });
    }
  }
  return expected;
}

async function removeOrCount(
  needs: Needs,
  { organization, requestId }: ReconcileRequest,
  { name, version, retainUntil }: ListedObject,
  done: Reconciled,
): Promise<void> {
  if (retainUntil !== undefined && retainUntil > needs.clock.now()) {
    done.orphanedObjects.push(name);
    return;
  }
  const enrollmentId = name.split('/')[1] ?? '';
  // Read anew: an attempt may have begun since, and written this.
  const enrollment = await needs.registry.read('enrollment', organization, enrollmentId);
  if (enrollment !== undefined && refersTo(enrollment, name)) return;
  const { removable } = needs.vault;
  // Where no enrollment is known that it was of, a person must look.
  if (removable === undefined || enrollment === undefined) {
    done.orphanedObjects.push(name);
    return;
  }
  const entry = { action: 'remove-orphan', organization, principal: 'service', enrollmentId, requestId };
  // Gone is gone: it is recorded first.
  const removed = recorded(needs, entry, async (recordNow) => {
    await recordNow({ about: [name] });
    await whatStands(() => removable.remove(name, version));
  });
  await removed.then(
    () => done.removedObjects.push(name),
    () => done.failed.push(name),
  );
}

function refersTo(enrollment: Enrollment, objectName: string): boolean {
  return enrollment.backups.some((backup) => backup.objectName === objectName);
}
