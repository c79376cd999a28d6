import { type Enrollment, type Superseded, transitions } from '#domain/enrollment.ts';
import { ProviderError } from '#domain/errors.ts';
import type { Dependencies } from './dependencies.ts';
import { checkCustody } from './load.ts';
import { updateEnrollment } from './update-enrollment.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'keys'>;

/**
 * Discards what an enrollment says can never be its key's again, then takes it off the list. Nothing gets on that list that
 * could still count, so a late reading does no harm. Safe to repeat.
 * @returns the enrollment as it stands
 * @throws ProviderError `provider-misconfigured` for a resident key of another custody; StateError `wrong-state`,
 *   `version-conflict`; AccessError `not-found`; StoreError, ProviderError as the ports throw
 */
export async function discardSuperseded(dependencies: Needs, enrollment: Enrollment): Promise<Enrollment> {
  const { superseded = [] } = enrollment;
  if (superseded.length === 0) return enrollment;
  for (const each of superseded) await discard(dependencies, enrollment, each);
  return await updateEnrollment(dependencies, enrollment, transitions.clearSuperseded, (current) => {
    const left = current.superseded?.filter(({ id }) => !superseded.some((each) => each.id === id)) ?? [];
    return { superseded: left.length === 0 ? undefined : left };
  });
}

async function discard(dependencies: Needs, enrollment: Enrollment, { kind, id }: Superseded): Promise<void> {
  if (kind === 'locked-key') {
    await dependencies.documents.discard({ kind, organization: enrollment.organization, id });
    return;
  }
  checkCustody(dependencies, enrollment);
  const { residentKeys } = dependencies.keys;
  if (residentKeys === undefined) throw new ProviderError('provider-misconfigured');
  await residentKeys.discard(id);
}
