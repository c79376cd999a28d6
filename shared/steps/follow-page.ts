import { eventSource } from '#contract/events.ts';
import type { Consumer, EventName } from '#contract/subscriptions.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from './dependencies.ts';

/** How long it is known that a page was followed by the next, in milliseconds: a message comes twice much sooner, if it does. */
const followedFor = 48 * 3_600_000;

/** What sets the next page to work. */
export interface NextPage {
  organization: string;
  /** Where the present page ended. */
  cursor: string;
  type: EventName;
  data: object;
  /** The consumer that works through the pages. */
  by: Consumer;
}

/**
 * Has the next page of a long work done, once: of thousands that follow each other, each that was delivered twice would double all that
 * come after it. The next page's event has always the same id, and is claimed once it is published; so a crash between leaves it to
 * be published again.
 * @throws StoreError `store-unavailable`
 */
export async function followPage(
  { events, clock, idempotencyKeys }: Pick<Dependencies, 'events' | 'clock' | 'idempotencyKeys'>,
  { id: present }: Pick<CloudEvent, 'id'>,
  { organization, cursor, type, data, by }: NextPage,
): Promise<void> {
  // Pages after the first are called after the first, and where they begin.
  const [first = present] = present.split('~', 1);
  const id = `${first}~${cursor}`;
  const now = clock.now();
  const claim = (until: Date) => idempotencyKeys.claim(organization, `${by} ${id}`, id, until);
  // One that ends as it begins keeps nobody from claiming: it only asks whether somebody has.
  if ((await claim(now)) !== 'new') return;
  await events.publish({
    specversion: '1.0',
    id,
    source: eventSource(organization),
    type,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data,
  });
  // To fail for this would have the page done and followed again, which is what it is to prevent.
  await claim(new Date(now.getTime() + followedFor)).catch(() => undefined);
}
