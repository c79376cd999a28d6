import { enrollmentNamedBy, enrollmentReference } from '#contract/events.ts';
import { parse } from '#contract/parse.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadEnrollment, organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { type KeyPairNeeds, makeKeyPair } from '#steps/make-key-pair.ts';
import { recorded } from '#steps/record.ts';

/**
 * Makes the key pair of an enrollment that needs nobody's password, from its `EnrollmentAccepted` event, or the `KeyPairAwaited`
 * that follows where that one came to nothing. One that is being made, or has its key already, is left as it is: the event was
 * delivered again, or the reconciler will send another.
 *
 * An event's purpose only says where it goes. One that comes here for an enrollment of another purpose is left to the
 * reconciler, which sends what the record says.
 * @param only the purpose whose keys may be made here; any if absent
 * @throws InputError `invalid-input`; AccessError `not-found`; what `makeKeyPair` throws
 */
export async function makeKeyPairOfAccepted(
  dependencies: KeyPairNeeds & Pick<Dependencies, 'ledger'>,
  event: CloudEvent,
  only?: Purpose,
): Promise<void> {
  const organization = recordedUnder(await organizationOfEvent(dependencies, event));
  const named = enrollmentNamedBy(event.data);
  const entry = {
    action: 'make-key-pair',
    organization,
    principal: 'service',
    requestId: event.id,
    ...named,
  };
  await recorded(dependencies, entry, async (recordNow) => {
    const { enrollmentId } = parse(enrollmentReference, event.data);
    const enrollment = await loadEnrollment(dependencies, organization, enrollmentId);
    if (only !== undefined && enrollment.purpose !== only) return;
    if (enrollment.state !== 'accepted') return;
    await makeKeyPair(dependencies, enrollment, undefined, undefined, recordNow);
  });
}
