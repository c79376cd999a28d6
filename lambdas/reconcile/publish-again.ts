import type { CloudEvent } from '#ports/messages.ts';
import { fewAtOnce } from '#steps/few-at-once.ts';
import type { Duty, Needs, Reconciled, ReconcileRequest } from './needs.ts';
import { hasTime } from './walk.ts';

const minute = 60_000;
const hour = 60 * minute;
/** So many are published, and then kept in the feed: what a run that ends has done need not be done by the next. */
const some = 100;
/** How many are published at the same time. */
const atOnce = 10;
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
    await carry(needs, carrying.feed, request, lost, done);
  }
};

async function carry(
  needs: Needs,
  feed: NonNullable<Needs['carrying']>['feed'],
  request: ReconcileRequest,
  lost: readonly CloudEvent[],
  done: Reconciled,
): Promise<void> {
  for (let from = 0; from < lost.length; from += some) {
    if (!hasTime(request)) return;
    const carried = await carrySome(needs, feed, request.organization, lost.slice(from, from + some));
    const ids = carried.map(({ id }) => id);
    done.publishedAgain.push(...ids);
    if (carried.length === Math.min(some, lost.length - from)) continue;
    // Those that follow would only wait as long for nothing.
    const left = lost.slice(from).map(({ id }) => id);
    done.failed.push(...left.filter((id) => !ids.includes(id)));
    return;
  }
}

/**
 * Before the consumers first: an event that is in the feed is not looked for again.
 * @returns those that were carried
 */
async function carrySome(
  { events }: Needs,
  feed: NonNullable<Needs['carrying']>['feed'],
  organization: string,
  lost: readonly CloudEvent[],
): Promise<CloudEvent[]> {
  const ended = await fewAtOnce(lost, atOnce, (event) => events.publish(event));
  const published = lost.filter((_, index) => ended[index]?.status === 'fulfilled');
  if (published.length === 0) return [];
  return await feed.append(organization, published).then(
    () => published,
    () => [],
  );
}
