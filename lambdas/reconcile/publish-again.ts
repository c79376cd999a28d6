import type { CloudEvent } from '#ports/messages.ts';
import { fewAtOnce } from '#steps/few-at-once.ts';
import type { Duty, Needs, Reconciled, ReconcileRequest } from './needs.ts';
import { prefixesOf } from './parts.ts';
import { hasTime } from './walk.ts';

const hour = 3_600_000;
/** So many are published, and then kept in the feed: what a run that ends has done need not be done by the next. */
const some = 100;
/** How many are published at the same time. */
const atOnce = 10;
/**
 * A stream keeps what it could not hand out for so long, in milliseconds. What was written since may only be late: the stream hands it
 * out in the order of the writes, and whoever put a later event into the feed before would spoil that order for good.
 */
const streamKeeps = 24 * hour;
/**
 * How long ago the writes began that are looked at, in milliseconds: all have their turn twice, so that what a run did not come to,
 * or could not publish, is not left out. The feed keeps what it was given for longer.
 */
const lookedBack = streamKeeps + 48 * hour;

/**
 * Publishes events that written aggregates bear and that were lost on the way: those that are not in the feed, and that no stream can
 * bring any more, of the organization itself and of the enrollments whose turn it is.
 */
export const publishAgain: Duty = async (needs, request, done) => {
  const { carrying, clock } = needs;
  if (carrying === undefined) return;
  const now = clock.now().getTime();
  const [from, to] = [new Date(now - lookedBack), new Date(now - streamKeeps)];
  const lost = await carrying.unpublished.find(request.organization, prefixesOf(request.part), from, to);
  await carry(needs, carrying.feed, request, lost, done);
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
 * Before the consumers first: an event that is in the feed is not looked for again. Where one cannot be published, the later ones of
 * its aggregate wait with it.
 * @returns those that were carried
 */
async function carrySome(
  { events }: Needs,
  feed: NonNullable<Needs['carrying']>['feed'],
  organization: string,
  lost: readonly CloudEvent[],
): Promise<CloudEvent[]> {
  const ended = await fewAtOnce(lost, atOnce, (event) => events.publish(event));
  const stuck = new Set<string>();
  const published = lost.filter(({ source }, index) => {
    if (ended[index]?.status !== 'fulfilled') stuck.add(source);
    return !stuck.has(source);
  });
  if (published.length === 0) return [];
  return await feed.append(organization, published).then(
    () => published,
    () => [],
  );
}
