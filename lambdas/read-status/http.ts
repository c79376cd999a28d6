import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { readStatus } from './read-status.ts';

type R = RouteNamed<'readStatus'>;

/** Answers `readStatus`; throws what the use case throws. */
export async function answerReadStatus(
  dependencies: Pick<Dependencies, 'registry' | 'queues' | 'keys' | 'ledger' | 'clock' | 'build'>,
  { principal, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const status = await readStatus(dependencies, principal, { requestId });
  const { build, custody, providerAnswers, enrollments, waitingMessages, deadLetters } = status;
  const { oldestWaitingSeconds: oldestSeconds } = status;
  return {
    json: {
      build,
      time: dependencies.clock.now().toISOString(),
      custody: { kind: custody, answers: providerAnswers },
      enrollments,
      messages: { waiting: waitingMessages, ...(oldestSeconds !== undefined && { oldestSeconds }) },
      deadLetters,
    },
  };
}
