import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { publishEvents } from './publish-events.ts';

type R = RouteNamed<'publishEvents'>;

/** Answers `publishEvents`; throws what the use case throws. */
export async function answerPublishEvents(
  dependencies: Pick<Dependencies, 'events' | 'idempotencyKeys' | 'ledger' | 'clock'>,
  { principal, body, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const now = dependencies.clock.now().toISOString();
  const events = [body].flat().map(
    ({ specversion, id, source, type, time = now, data }): CloudEvent => ({
      specversion,
      id,
      source,
      type,
      time,
      datacontenttype: 'application/json',
      data,
    }),
  );
  await publishEvents(dependencies, principal, { events, requestId });
  return { json: { accepted: events.length } };
}
