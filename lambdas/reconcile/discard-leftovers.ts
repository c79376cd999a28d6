import type { Enrollment } from '#domain/enrollment.ts';
import { abandonEscrow } from '#steps/abandon-escrow.ts';
import { discardSuperseded } from '#steps/discard-superseded.ts';
import { whatStands } from '#steps/may-stand.ts';
import { recorded } from '#steps/record.ts';
import { supersedePendingLock } from '#steps/relock-key.ts';
import type { Duty, Needs, ReconcileRequest } from './needs.ts';
import { staleBefore } from './stale.ts';
import { each, hasTime } from './walk.ts';

const pageSize = 100;

/**
 * Discards what a change of password, a destruction, or an escrow that became due left over. What it costs goes by how many there are,
 * and they are few.
 */
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
 * Whether a change of password, or an escrow, may still be at work: the one counts a try before it names its record, and a later try
 * only makes it seem younger; the other says when it began.
 */
function mayBeAlive({ tries: { lastTriedAt }, escrowing }: Enrollment, before: number): boolean {
  const began = [lastTriedAt, escrowing?.startedAt];
  return began.some((time) => time !== undefined && Date.parse(time) > before);
}

async function discard(
  needs: Needs,
  enrollment: Enrollment,
  { organization, requestId }: ReconcileRequest,
): Promise<void> {
  const { id: enrollmentId, escrowing, pendingLock, superseded } = enrollment;
  const entry = { organization, principal: 'service', enrollmentId, requestId };
  if (escrowing !== undefined) {
    const act = { action: 'abandon-attempt', ...entry };
    await recorded(needs, act, (recordNow) => abandonEscrow(needs, enrollment, escrowing, recordNow));
  }
  if (pendingLock === undefined && superseded === undefined) return;
  await recorded(needs, { action: 'discard-superseded', ...entry }, async (recordNow) => {
    const superseding = await supersedePendingLock(needs, enrollment);
    await whatStands(() => discardSuperseded(needs, superseding, recordNow));
  });
}
