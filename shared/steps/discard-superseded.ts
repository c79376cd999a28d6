import { type Enrollment, type Superseded, transitions } from '#domain/enrollment.ts';
import { ProviderError } from '#domain/errors.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { checkCustody } from './load.ts';
import { updateEnrollment } from './update-enrollment.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'keys'>;

/**
 * Discards what an enrollment says can never be its key's again, then takes it off the list. Nothing gets on that list that
 * could still count, so a late reading does no harm. Safe to repeat.
 * @param recordNow records it before anything is gone, where no act before it did
 * @returns the enrollment as it stands
 * @throws ProviderError `provider-misconfigured` for a resident key of another custody; StateError `wrong-state`,
 *   `version-conflict`; AccessError `not-found`; StoreError, ProviderError as the ports throw
 */
export async function discardSuperseded(
  dependencies: Needs,
  enrollment: Enrollment,
  recordNow?: () => ReturnType<RecordNow>,
): Promise<Enrollment> {
  const { superseded = [] } = enrollment;
  if (superseded.length === 0) return enrollment;
  checkKeptHere(dependencies, enrollment, superseded);
  await recordNow?.();
  for (const each of superseded) await discard(dependencies, enrollment, each);
  return await updateEnrollment(dependencies, enrollment, transitions.clearSuperseded, (current) => {
    const left = current.superseded?.filter(({ id }) => !superseded.some((each) => each.id === id)) ?? [];
    return { superseded: left.length === 0 ? undefined : left };
  });
}

/** @throws ProviderError `provider-misconfigured` if a resident key is among it, and lives elsewhere */
function checkKeptHere(dependencies: Needs, enrollment: Enrollment, superseded: readonly Superseded[]): void {
  if (superseded.every(({ kind }) => kind === 'locked-key')) return;
  checkCustody(dependencies, enrollment);
  if (dependencies.keys.residentKeys === undefined) throw new ProviderError('provider-misconfigured');
}

async function discard(dependencies: Needs, enrollment: Enrollment, { kind, id }: Superseded): Promise<void> {
  if (kind === 'locked-key') {
    await dependencies.documents.discard({ kind, organization: enrollment.organization, id });
    return;
  }
  await dependencies.keys.residentKeys?.discard(id);
}
