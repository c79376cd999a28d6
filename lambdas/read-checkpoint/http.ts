import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { readCheckpoint } from './read-checkpoint.ts';

type R = RouteNamed<'readCheckpoint'>;

/** Answers `readCheckpoint`; throws what the use case throws. */
export async function answerReadCheckpoint(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const checkpoint = await readCheckpoint(dependencies, principal, { requestId });
  return { bytes: new TextEncoder().encode(checkpoint) };
}
