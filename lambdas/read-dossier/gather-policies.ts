import type { Dossier } from '#crypto/dossier/content.ts';
import { readPolicyVersion } from '#crypto/stored-policy.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { readPolicy } from '#steps/policy-versions.ts';
import { ifThere } from './if-there.ts';

/** The most policies that a dossier holds, the first ones that decided. */
const mostPolicies = 16;

/**
 * Policies by their versions, as they were published. Of settings from before policies were written in Cedar there is none.
 * @param versions may have each several times
 * @throws StoreError `object-damaged`, `store-unavailable`
 */
export async function gatherPolicies(
  { documents }: Pick<Dependencies, 'documents'>,
  organization: string,
  versions: readonly string[],
): Promise<Dossier['policies']> {
  const policies: Dossier['policies'] = [];
  for (const id of [...new Set(versions)].slice(0, mostPolicies)) {
    const bytes = await ifThere(() => documents.get({ kind: 'policy-version', organization, id }));
    if (bytes === undefined) continue;
    const { version, document, publishedAt, proposedBy, approvedBy } = readPolicyVersion(bytes);
    const text = await ifThere(() => readPolicy({ documents }, organization, document));
    if (text === undefined) continue;
    policies.push({
      ...{ version, document, publishedAt, proposedBy },
      ...(approvedBy !== undefined && { approvedBy }),
      ...{ cedar: text.cedar, tests: [...text.tests] },
    });
  }
  return policies;
}
