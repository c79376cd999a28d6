import { organizationOf } from '#contract/events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError, ProviderError, SetUpError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { KeyContext } from '#ports/key-provider.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from './dependencies.ts';

type WithRegistry = Pick<Dependencies, 'registry'>;

/** @throws SetUpError `not-set-up` if the organization is not there; StoreError `store-unavailable` */
export async function loadOrganization(
  { registry }: WithRegistry,
  organization: string,
): Promise<Organization> {
  const found = await registry.read('organization', organization, 'organization');
  if (found === undefined) throw new SetUpError('not-set-up');
  return found;
}

/** The organization that an event's source names; undefined if none is set up here. Throws StoreError `store-unavailable`. */
export async function organizationOfEvent(
  { registry }: WithRegistry,
  { source }: Pick<CloudEvent, 'source'>,
): Promise<Organization | undefined> {
  const named = organizationOf(source);
  return named === undefined ? undefined : await registry.read('organization', named, 'organization');
}

/** Where an event is recorded: of an organization that is not set up here, apart from every organization's. */
export function recordedUnder(owner: Organization | undefined): string {
  return owner?.organization ?? '';
}

/** @throws AccessError `not-found`; StoreError `store-unavailable` */
export async function loadEnrollment(
  { registry }: WithRegistry,
  organization: string,
  enrollmentId: string,
): Promise<Enrollment> {
  const found = await registry.read('enrollment', organization, enrollmentId);
  if (found === undefined) throw new AccessError('not-found');
  return found;
}

/**
 * The enrollment, if it is the principal's own. Another subscriber's, or another organization's, looks like none.
 * @throws AccessError `not-found`; StoreError `store-unavailable`
 */
export async function loadOwnEnrollment(
  dependencies: WithRegistry,
  principal: Principal,
  enrollmentId: string,
): Promise<Enrollment> {
  const enrollment = await loadEnrollment(dependencies, principal.organization, enrollmentId);
  const own = principal.roles.includes('subscriber') && principal.subject === enrollment.subscriber.id;
  if (!own) throw new AccessError('not-found');
  return enrollment;
}

/** What a key of the enrollment is bound to in custody. */
export function keyContextOf({ organization, id, purpose }: Enrollment): KeyContext {
  return { organization, enrollmentId: id, purpose };
}

/** @throws ProviderError `provider-misconfigured` if the keys live, or are to live, in another custody than the one at hand */
export function checkCustody(
  { keys }: Pick<Dependencies, 'keys'>,
  { custody }: Pick<Enrollment | Organization, 'custody'>,
): void {
  if (custody === keys.custody) return;
  throw new ProviderError('provider-misconfigured', {
    why: `The keys live in ${custody}, and the service was started with ${keys.custody}.`,
    next: `Start the service with ${custody}.`,
  });
}
