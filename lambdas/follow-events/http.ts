import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import { eventStream } from '#contract/server-sent-events.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { followEvents } from './follow-events.ts';

type R = RouteNamed<'followEvents'>;

/** Answers `followEvents`; throws what the use case throws before the stream begins. */
export async function answerFollowEvents(
  dependencies: Pick<Dependencies, 'feed' | 'registry' | 'ledger'>,
  { principal, query: { enrollmentId, from }, headers, signal, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const lastEventId = headers['last-event-id'] ?? '';
  const steps = await followEvents(dependencies, principal, {
    from,
    signal,
    requestId,
    ...(lastEventId !== '' && { lastEventId }),
    ...(enrollmentId !== undefined && { enrollmentId }),
  });
  return { stream: eventStream(steps) };
}
