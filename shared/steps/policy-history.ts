import { type PolicyVersion, readPolicyVersion } from '#crypto/stored-policy.ts';
import { AccessError, EscrowError } from '#domain/errors.ts';
import { isSettings, type Organization } from '#domain/organization.ts';
import type { Dependencies } from './dependencies.ts';

/** A version in an organization's history; of one that was settings, before policies were written in Cedar, its name is all there is. */
export type PastVersion = Pick<PolicyVersion, 'version'> & Partial<PolicyVersion>;

type Needs = Pick<Dependencies, 'documents'>;

/**
 * Walks the versions of an organization's policy, the present one first. What was begun and never published is not among them.
 * @throws StoreError `object-damaged`, `store-unavailable`
 */
export async function* policyHistory(
  dependencies: Needs,
  { organization, policy }: Pick<Organization, 'organization' | 'policy'>,
): AsyncGenerator<PastVersion> {
  let version: string | undefined = policy.version;
  if (isSettings(policy)) {
    yield { version };
    return;
  }
  while (version !== undefined) {
    const past: PastVersion = await readVersion(dependencies, organization, version);
    yield past;
    version = past.before;
  }
}

async function readVersion(
  { documents }: Needs,
  organization: string,
  version: string,
): Promise<PastVersion> {
  try {
    return readPolicyVersion(await documents.get({ kind: 'policy-version', organization, id: version }));
  } catch (error) {
    // Settings were never a document.
    if (error instanceof EscrowError && error.code === 'object-missing') return { version };
    throw error;
  }
}

/**
 * The name of the document that a version of an organization's policy is.
 * @throws AccessError `not-found` if there was no such version, or it was settings; as `policyHistory`
 */
export async function documentOfVersion(
  dependencies: Needs,
  organization: Organization,
  version: string,
): Promise<string> {
  for await (const past of policyHistory(dependencies, organization)) {
    if (past.version === version && past.document !== undefined) return past.document;
  }
  throw new AccessError('not-found', {
    field: 'version',
    why: 'is no version of this policy that was written in Cedar',
    next: 'List its versions.',
  });
}
