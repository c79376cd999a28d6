import type { Enrollment } from '#domain/enrollment.ts';
import { EscrowError } from '#domain/errors.ts';
import { abandonAttempt } from '#steps/abandon-attempt.ts';
import { recorded } from '#steps/record.ts';
import type { Duty, Needs, ReconcileRequest } from './needs.ts';
import { staleBefore } from './stale.ts';
import { enrollmentsIn, hasTime } from './walk.ts';

/** Abandons attempts at a key pair whose maker is dead. At any time there are few. */
export const abandonDead: Duty = async (needs, request, done) => {
  const { organization } = request;
  for await (const enrollment of enrollmentsIn(needs.registry, { organization, states: ['making'] })) {
    if (!hasTime(request)) return;
    const ended = await abandonIfDead(needs, enrollment, request);
    if (ended === 'abandoned') done.abandonedAttempts.push(enrollment.id);
    if (ended === 'failed') done.failed.push(enrollment.id);
  }
};

async function abandonIfDead(
  needs: Needs,
  enrollment: Enrollment,
  request: ReconcileRequest,
): Promise<'abandoned' | 'left' | 'failed'> {
  const { organization, id: enrollmentId } = enrollment;
  // What was begun to be abandoned, and cut short, is abandoned to its end.
  const attempt = enrollment.attempt ?? enrollment.abandoned;
  if (attempt === undefined || Date.parse(attempt.startedAt) > staleBefore(needs, request)) return 'left';
  const { requestId } = request;
  const entry = { action: 'abandon-attempt', organization, principal: 'service', enrollmentId, requestId };
  try {
    await recorded(needs, entry, (recordNow) => abandonAttempt(needs, enrollment, attempt, recordNow));
    return 'abandoned';
  } catch (error) {
    // Somebody finished or abandoned it meanwhile.
    return error instanceof EscrowError && error.code === 'wrong-state' ? 'left' : 'failed';
  }
}
