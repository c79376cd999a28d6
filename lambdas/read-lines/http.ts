import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { readLines } from './read-lines.ts';

type R = RouteNamed<'readLines'>;

/** Answers `readLines`; throws what the use case throws. */
export async function answerReadLines(
  dependencies: Pick<Dependencies, 'registry' | 'ledgerLog' | 'ledger'>,
  { principal, query: { after, limit }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const list = { limit, ...(after !== undefined && { after }), requestId };
  return { json: { ...(await readLines(dependencies, principal, list)) } };
}
