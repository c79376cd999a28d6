import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { loadOrganization, organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { type IncomingRequest, type RequestNeeds, takeRequest } from '#steps/take-request.ts';

/**
 * Takes one certificate request, from an `EnrollmentRequested` event.
 * @returns the enrollment as it stands
 * @throws as `takeRequest`
 */
export async function requestEnrollment(
  dependencies: RequestNeeds,
  { source, id: requestId, data }: CloudEvent,
): Promise<Enrollment> {
  const owner = await organizationOfEvent(dependencies, { source });
  const organization = recordedUnder(owner);
  const principal: Principal = { organization, subject: source, roles: ['enrollment-workflow'] };
  return await takeRequest(dependencies, principal, { data, requestId }, async () => owner);
}

/**
 * Takes one certificate request of an enrollment workflow or an administrator who asks directly.
 * @returns the enrollment as it stands
 * @throws as `takeRequest`; SetUpError `not-set-up`
 */
export async function requestEnrollmentAs(
  dependencies: RequestNeeds,
  principal: Principal,
  request: IncomingRequest,
): Promise<Enrollment> {
  const readOwner = () => loadOrganization(dependencies, principal.organization);
  return await takeRequest(dependencies, principal, request, readOwner);
}
