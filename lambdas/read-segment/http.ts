import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { readSegment } from './read-segment.ts';

type R = RouteNamed<'readSegment'>;

/** Answers `readSegment`; throws what the use case throws. */
export async function answerReadSegment(
  dependencies: Pick<Dependencies, 'segments' | 'ledger'>,
  { principal, params: { segment }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  return { bytes: await readSegment(dependencies, principal, { segment, requestId }) };
}
