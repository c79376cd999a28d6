import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { PolicyDifference } from '#steps/policy-consequences.ts';
import { comparePolicy } from './compare-policy.ts';

type R = RouteNamed<'comparePolicy'>;

/** Answers `comparePolicy`; throws what the use case throws. */
export async function answerComparePolicy(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'keys'>,
  { principal, query: { limit, cursor }, body: { cedar }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const { changed, ...page } = await comparePolicy(dependencies, principal, {
    ...{ cedar, limit, cursor, requestId },
  });
  const enrollments = changed.map(({ enrollment: { id, subscriber, purpose }, differences }) => ({
    ...{ id, subscriberId: subscriber.id, purpose },
    changes: differences.map(toldOf),
  }));
  return { json: { ...page, enrollments } };
}

function toldOf({ rules, profiles, ...told }: PolicyDifference) {
  return { ...told, rules: [...rules], ...(profiles !== undefined && { profiles: [...profiles] }) };
}
