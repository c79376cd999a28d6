import type { CloudEvent } from '#ports/messages.ts';
import type { Duty, Needs } from './needs.ts';
import { hasTime } from './walk.ts';

const minute = 60_000;
const hour = 60 * minute;
/** Twice as long as it is from one run to the next, so that none that comes late leaves anything out. */
const span = 10 * minute;

/**
 * How long ago a span of writes began that is looked at, in milliseconds: one that should just have been carried; one that a table's
 * stream has just forgotten, after 24 hours, so that whatever was not carried by then never will be; and one of two days
 * later, for when nothing could be published the first time.
 */
const lookedBack = [2 * span, 25 * hour, 73 * hour];

/**
 * Publishes events that written aggregates bear and that were lost on the way: whatever was written some minutes ago, or a day, and
 * is not in the feed. Only what was written then is looked at, so it costs no more where millions are kept. An event that is under
 * way, only late, is published twice under one id, as every event may be.
 */
export const publishAgain: Duty = async (needs, request, done) => {
  const { carrying, clock } = needs;
  if (carrying === undefined) return;
  const now = clock.now().getTime();
  for (const back of lookedBack) {
    if (!hasTime(request)) return;
    const [from, to] = [new Date(now - back), new Date(now - back + span)];
    const lost = await carrying.unpublished.find(request.organization, from, to);
    if (lost.length === 0) continue;
    await carry(needs, carrying.feed, request.organization, lost).then(
      () => done.publishedAgain.push(...lost.map(({ id }) => id)),
      () => done.failed.push(...lost.map(({ id }) => id)),
    );
  }
};

/** Before the consumers first: an event that is in the feed is not looked for again. */
async function carry(
  { events }: Needs,
  feed: NonNullable<Needs['carrying']>['feed'],
  organization: string,
  lost: readonly CloudEvent[],
): Promise<void> {
  for (const event of lost) await events.publish(event);
  await feed.append(organization, lost);
}
