import type { LedgerEntryView } from '#contract/api/ledger.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { LedgerLine } from '#ports/ledger-log.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { type EntryList, findEntries } from './find-entries.ts';

type R = RouteNamed<'findEntries'>;

/** Answers `findEntries`; throws what the use case throws. */
export async function answerFindEntries(
  dependencies: Pick<Dependencies, 'registry' | 'ledgerLog' | 'ledger'>,
  { principal, query, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const { items, cursor } = await findEntries(dependencies, principal, listOf(query, requestId));
  return { json: { entries: items.map(viewOf), ...(cursor !== undefined && { cursor }) } };
}

function listOf(query: Call<R>['query'], requestId: string): EntryList {
  const { enrollmentId, subscriberId, principal, refused, limit, cursor } = query;
  return {
    ...(enrollmentId !== undefined && { enrollmentId }),
    ...(subscriberId !== undefined && { subscriberId }),
    ...(principal !== undefined && { principal }),
    ...(cursor !== undefined && { cursor }),
    ...{ refused: refused !== undefined, limit, requestId },
  };
}

/** An entry beside its place; whose ledger it is, the caller knows. */
function viewOf({ sequence, time, id, entry }: LedgerLine): LedgerEntryView {
  const { organization: _own, about, policy, ...rest } = entry;
  return {
    ...{ sequence, time, id },
    ...rest,
    ...(about !== undefined && { about: [...about] }),
    ...(policy !== undefined && { policy: { version: policy.version, rules: [...policy.rules] } }),
  };
}
