import { organizationViewOf } from '#contract/api/organization.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { showOrganization } from './show-organization.ts';

type R = RouteNamed<'showOrganization'>;

/** Answers `showOrganization`; throws what the use case throws. */
export async function answerShowOrganization(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const organization = await showOrganization(dependencies, principal, { requestId });
  return { json: organizationViewOf(organization), headers: { ETag: `"${organization.version}"` } };
}
