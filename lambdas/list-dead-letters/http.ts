import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { listDeadLetters } from './list-dead-letters.ts';

type R = RouteNamed<'listDeadLetters'>;

/** Answers `listDeadLetters`; throws what the use case throws. */
export async function answerListDeadLetters(
  dependencies: Pick<Dependencies, 'queues' | 'ledger'>,
  { principal, query: { limit, cursor }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const list = { limit, ...(cursor !== undefined && { cursor }), requestId };
  const { items, cursor: next } = await listDeadLetters(dependencies, principal, list);
  return { json: { deadLetters: items, ...(next !== undefined && { cursor: next }) } };
}
