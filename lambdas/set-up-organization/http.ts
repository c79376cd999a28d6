import { organizationViewOf } from '#contract/api/organization.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { setUpOrganization } from './set-up-organization.ts';

type R = RouteNamed<'setUpOrganization'>;

/** Answers `setUpOrganization`; throws what the use case throws. */
export async function answerSetUpOrganization(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'keys' | 'clock'>,
  { principal, body, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const organization = await setUpOrganization(dependencies, principal, body, requestId);
  return { json: organizationViewOf(organization), headers: { ETag: `"${organization.version}"` } };
}
