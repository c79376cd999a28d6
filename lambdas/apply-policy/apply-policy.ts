import * as v from 'valibot';
import { eventSchemas } from '#contract/events.ts';
import { parse } from '#contract/parse.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError, StateError } from '#domain/errors.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { fewAtOnce } from '#steps/few-at-once.ts';
import { followPage } from '#steps/follow-page.ts';
import { checkCustody, organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { noteEscrowDue } from '#steps/note-escrow-due.ts';
import { concernedStates, isUnmade } from '#steps/policy-consequences.ts';
import { recordedIfRefused } from '#steps/record.ts';
import { planOneAnew } from './plan-one-anew.ts';

export type ApplyNeeds = Pick<
  Dependencies,
  'registry' | 'documents' | 'policy' | 'keys' | 'events' | 'ledger' | 'clock' | 'build' | 'idempotencyKeys'
>;

/** Enrollments of one page: some seconds of work at most. */
const pageSize = 100;
/** How many of a page are worked on at the same time: each waits for a store most of the time. */
const atOnce = 4;

const appliedSchema = v.object({
  version: eventSchemas.PolicyPublished.entries.version,
  cursor: v.optional(v.string()),
});

/**
 * Applies a policy that was published to a page of the enrollments there are, from a `PolicyPublished` event, and has the next page done
 * by a further one. Keys that are not made yet are planned anew, or refused; those that are made, may leave, and have no escrow that is now
 * required are marked. Whether a key is exported is decided at each export anyway. Safe to repeat: what is as it is to be is not
 * written again. Where another version was published meanwhile, its own event does the work.
 * @throws InputError `invalid-input`; AccessError `not-found`; StateError `making-in-progress` while a key of the page is being made: then
 *   it is tried again; ProviderError `provider-misconfigured`; what the ports throw
 */
export async function applyPolicy(dependencies: ApplyNeeds, event: CloudEvent): Promise<void> {
  const owner = await organizationOfEvent(dependencies, event);
  const organization = recordedUnder(owner);
  const act = { action: 'apply-policy', organization, principal: 'service', requestId: event.id };
  await recordedIfRefused(dependencies, act, async () => {
    const { version, cursor } = parse(appliedSchema, event.data);
    if (owner === undefined) throw new AccessError('not-found');
    if (owner.policy.version !== version) return;
    checkCustody(dependencies, owner);
    const page = await dependencies.registry.enrollments({
      ...{ organization, states: concernedStates, limit: pageSize },
      ...(cursor !== undefined && { cursor }),
    });
    if (page.cursor !== undefined) {
      const next = { type: 'PolicyApplicationDue', data: { version, cursor: page.cursor } } as const;
      await followPage(dependencies, event, {
        ...next,
        organization,
        cursor: page.cursor,
        by: 'apply-policy',
      });
    }
    await applyToEach(dependencies, page.items, event.id);
  });
}

/** None keeps the others from it; the first that failed has the page tried again. */
async function applyToEach(
  dependencies: ApplyNeeds,
  enrollments: readonly Enrollment[],
  requestId: string,
): Promise<void> {
  const ended = await fewAtOnce(enrollments, atOnce, (enrollment) =>
    applyToOne(dependencies, enrollment, requestId),
  );
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function applyToOne(
  dependencies: ApplyNeeds,
  enrollment: Enrollment,
  requestId: string,
): Promise<void> {
  if (enrollment.state === 'making') throw new StateError('making-in-progress');
  if (isUnmade(enrollment)) await planOneAnew(dependencies, enrollment, requestId);
  else await noteEscrowDue(dependencies, enrollment, requestId);
}
