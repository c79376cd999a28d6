import type { Dossier } from '#crypto/dossier/content.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { findVersions } from '#steps/policy-history.ts';
import { readPolicy } from '#steps/policy-versions.ts';
import { ifThere } from './if-there.ts';

/** The most policies that a dossier holds, the first ones that decided. */
const mostPolicies = 16;

/**
 * Policies by their versions, as they were published. Of settings from before policies were written in Cedar there is none.
 * @param versions may have each several times
 * @throws StoreError `object-damaged`, `store-unavailable`; SetUpError `not-set-up`
 */
export async function gatherPolicies(
  dependencies: Pick<Dependencies, 'documents' | 'registry'>,
  organization: string,
  versions: readonly string[],
): Promise<Dossier['policies']> {
  const wanted = [...new Set(versions)].slice(0, mostPolicies);
  const owner = await loadOrganization(dependencies, organization);
  const past = await findVersions(dependencies, owner, wanted);
  const policies: Dossier['policies'] = [];
  for (const each of wanted) {
    const { version = each, document, publishedAt, proposedBy, approvedBy } = past.get(each) ?? {};
    if (document === undefined || publishedAt === undefined || proposedBy === undefined) continue;
    const text = await ifThere(() => readPolicy(dependencies, organization, document));
    if (text === undefined) continue;
    policies.push({
      ...{ version, document, publishedAt, proposedBy },
      ...(approvedBy !== undefined && { approvedBy }),
      ...{ cedar: text.cedar, tests: [...text.tests] },
    });
  }
  return policies;
}
