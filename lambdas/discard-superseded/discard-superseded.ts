import { enrollmentNamedBy, eventSchemas } from '#contract/events.ts';
import { parse } from '#contract/parse.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { discardSuperseded } from '#steps/discard-superseded.ts';
import { loadEnrollment, organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { whatStands } from '#steps/may-stand.ts';
import { recorded } from '#steps/record.ts';

/**
 * Discards what a change of password or a destruction left over, if that was cut short: an old locked record still opens under
 * the old password. Where nothing is left, it does nothing.
 * @throws InputError `invalid-input`; AccessError `not-found`; what `discardSuperseded` throws
 */
export async function discardSupersededOf(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'keys' | 'ledger'>,
  event: CloudEvent,
): Promise<void> {
  const organization = recordedUnder(await organizationOfEvent(dependencies, event));
  const act = { action: 'discard-superseded', organization, principal: 'service', requestId: event.id };
  await recorded(dependencies, { ...act, ...enrollmentNamedBy(event.data) }, async (recordNow) => {
    const { enrollmentId } = parse(eventSchemas.EnrollmentDestroyed, event.data);
    const enrollment = await loadEnrollment(dependencies, organization, enrollmentId);
    await whatStands(() => discardSuperseded(dependencies, enrollment, recordNow));
  });
}
