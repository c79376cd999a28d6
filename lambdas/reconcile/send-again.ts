import { eventSource } from '#contract/events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Duty, Needs } from './needs.ts';
import { startOf } from './parts.ts';
import { staleBefore } from './stale.ts';
import { enrollmentsIn, hasTime } from './walk.ts';

/** Whoever waits longer than this waits too long, in milliseconds, however many asked at once. */
const longWait = 3_600_000;
/**
 * So many are asked for at most in a run. Where thousands wait, their own events wait in the queue, and each that is sent again is
 * one more there; the next run begins elsewhere, so that all have their turn.
 */
const mostSent = 250;
/**
 * Who was asked for again is so for an hour, in milliseconds: what was sent is tried for about as long, and each more would be a try
 * beside it, and in the end a dead letter of its own.
 */
const askedFor = 3_600_000;
/** So many are looked at, and counted, at most. */
const mostLookedAt = 2_000;

/**
 * Sends `KeyPairAwaited` for enrollments that wait for their key pair though nothing needs to be waited for: their event was lost,
 * or came to nothing; each once an hour. Counts those that wait too long.
 */
export const sendAgain: Duty = async (needs, request, done) => {
  const now = needs.clock.now().getTime();
  const before = staleBefore(needs, request);
  let lookedAt = 0;
  for await (const enrollment of waitingFrom(needs, request.organization, startOf(request.part))) {
    lookedAt += 1;
    if (lookedAt > mostLookedAt || !hasTime(request)) return;
    const requestedAt = Date.parse(enrollment.requestedAt);
    if (now - requestedAt > longWait) done.waitingLong += 1;
    if (requestedAt > before || done.emittedAgain.length >= mostSent) continue;
    await emitAgain(needs, enrollment).then(
      (isSent) => isSent && done.emittedAgain.push(enrollment.id),
      () => done.failed.push(enrollment.id),
    );
  }
};

/** Those after an id, then those up to it. */
async function* waitingFrom({ registry }: Needs, organization: string, start: string) {
  const waiting = { organization, states: ['accepted'] } as const;
  yield* enrollmentsIn(registry, waiting, { after: start });
  if (start === '') return;
  for await (const enrollment of enrollmentsIn(registry, waiting)) {
    if (enrollment.id > start) return;
    yield enrollment;
  }
}

/** @returns whether it was sent, and not within the hour before */
async function emitAgain(
  { events, clock, idempotencyKeys }: Needs,
  { organization, id, version, purpose }: Enrollment,
): Promise<boolean> {
  const now = clock.now();
  const claim = (until: Date) => idempotencyKeys.claim(organization, `reconcile ${id}`, id, until);
  // One that ends as it begins keeps nobody from claiming: it only asks whether somebody has.
  if ((await claim(now)) !== 'new') return false;
  await events.publish({
    specversion: '1.0',
    id: `${id}.${version}.again`,
    source: eventSource(organization),
    type: 'KeyPairAwaited',
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data: { enrollmentId: id, purpose },
  });
  // Failing it would only have it sent once more.
  await claim(new Date(now.getTime() + askedFor)).catch(() => undefined);
  return true;
}
