import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import { eventStream } from '#contract/server-sent-events.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { followEvents } from './follow-events.ts';

type R = RouteNamed<'followEvents'>;

/** So long one token opens a stream, in milliseconds; a client goes on where it was, with a token that is still good. */
const longestStream = 15 * 60 * 1_000;

/** Answers `followEvents`; throws what the use case throws before the stream begins. */
export async function answerFollowEvents(
  dependencies: Pick<Dependencies, 'feed' | 'registry' | 'ledger'>,
  { principal, query: { enrollmentId, from }, headers, signal, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const lastEventId = headers['last-event-id'] ?? '';
  const steps = await followEvents(dependencies, principal, {
    from,
    signal: AbortSignal.any([signal, AbortSignal.timeout(longestStream)]),
    requestId,
    ...(lastEventId !== '' && { lastEventId }),
    ...(enrollmentId !== undefined && { enrollmentId }),
  });
  return { stream: eventStream(steps) };
}
