import type { Enrollment } from '#domain/enrollment.ts';
import { discardSuperseded } from '#steps/discard-superseded.ts';
import { recorded } from '#steps/record.ts';
import { supersedePendingLock } from '#steps/relock-key.ts';
import type { Duty, Needs, ReconcileRequest } from './needs.ts';
import { staleBefore } from './stale.ts';
import { each, hasTime } from './walk.ts';

const pageSize = 100;

/** Discards what a change of password or a destruction left over. What it costs goes by how many there are, and they are few. */
export const discardLeftovers: Duty = async (needs, request, done) => {
  const { registry } = needs;
  const read = (cursor: string) =>
    registry.leftovers(request.organization, pageSize, ...(cursor === '' ? [] : [cursor]));
  for await (const enrollment of each(read)) {
    if (!hasTime(request)) return;
    if (mayBeAlive(enrollment, staleBefore(needs, request))) continue;
    await discard(needs, enrollment, request).then(
      () => done.discarded.push(enrollment.id),
      () => done.failed.push(enrollment.id),
    );
  }
};

/**
 * Whether a change of password may still be at work: it counts a try before it names its record, and a later try only makes it
 * seem younger.
 */
function mayBeAlive({ tries: { lastTriedAt } }: Enrollment, before: number): boolean {
  return lastTriedAt !== undefined && Date.parse(lastTriedAt) > before;
}

async function discard(
  needs: Needs,
  enrollment: Enrollment,
  { organization, requestId }: ReconcileRequest,
): Promise<void> {
  const entry = { action: 'discard-superseded', organization, principal: 'service', requestId };
  await recorded(needs, { ...entry, enrollmentId: enrollment.id }, async () => {
    await discardSuperseded(needs, await supersedePendingLock(needs, enrollment));
  });
}
