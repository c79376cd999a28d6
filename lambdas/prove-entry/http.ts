import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { LedgerTrees } from '#steps/ledger-trees.ts';
import { proveEntry } from './prove-entry.ts';

type R = RouteNamed<'proveEntry'>;

/** Answers `proveEntry`; throws what the use case throws. */
export async function answerProveEntry(
  dependencies: Pick<Dependencies, 'registry' | 'ledgerLog' | 'ledger'> & { trees: LedgerTrees },
  { principal, params: { entryId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  return { json: { ...(await proveEntry(dependencies, principal, { entryId, requestId })) } };
}
