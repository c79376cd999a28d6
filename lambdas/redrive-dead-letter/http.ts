import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { redriveDeadLetter } from './redrive-dead-letter.ts';

type R = RouteNamed<'redriveDeadLetter'>;

/** Answers `redriveDeadLetter`; throws what the use case throws. */
export async function answerRedriveDeadLetter(
  dependencies: Pick<Dependencies, 'queues' | 'ledger'>,
  { principal, params: { deadLetterId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  await redriveDeadLetter(dependencies, principal, { deadLetterId, requestId });
  return { nothing: true };
}
