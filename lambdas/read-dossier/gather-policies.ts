import type { Dossier } from '#crypto/dossier/content.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { findVersions, type PastVersion } from '#steps/policy-history.ts';
import { readPolicy } from '#steps/policy-versions.ts';
import { ifThere } from './if-there.ts';

/** The most that the policies of a dossier may be long together, as it spells them: one at its limits is some two thirds of that. */
const mostCharacters = 1_000_000;

type Needs = Pick<Dependencies, 'documents' | 'registry'>;
type ToldPolicy = Dossier['policies'][number];

/**
 * Policies by their versions, as they were published. Of settings from before policies were written in Cedar there is none.
 * @param versions may have each several times
 * @returns also the versions that are not among them
 * @throws StoreError `object-damaged`, `store-unavailable`; SetUpError `not-set-up`
 */
export async function gatherPolicies(
  dependencies: Needs,
  organization: string,
  versions: readonly string[],
): Promise<Pick<Dossier, 'policies' | 'missingPolicies'>> {
  const past = await findVersions(dependencies, await loadOrganization(dependencies, organization), versions);
  const policies: ToldPolicy[] = [];
  const missingPolicies: string[] = [];
  let left = mostCharacters;
  for (const version of new Set(versions)) {
    const told = await toldOf(dependencies, organization, past.get(version));
    const length = told === undefined ? 0 : JSON.stringify(told, undefined, 2).length;
    if (told === undefined || length > left) missingPolicies.push(version);
    else policies.push(told);
    left -= length > left ? 0 : length;
  }
  return { policies, missingPolicies };
}

async function toldOf(
  dependencies: Needs,
  organization: string,
  past: PastVersion | undefined,
): Promise<ToldPolicy | undefined> {
  const { version, document, publishedAt, proposedBy, approvedBy } = past ?? {};
  if (version === undefined || document === undefined) return undefined;
  if (publishedAt === undefined || proposedBy === undefined) return undefined;
  const text = await ifThere(() => readPolicy(dependencies, organization, document));
  return (
    text && {
      ...{ version, document, publishedAt, proposedBy },
      ...(approvedBy !== undefined && { approvedBy }),
      ...{ cedar: text.cedar, tests: [...text.tests] },
    }
  );
}
