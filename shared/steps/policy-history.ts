import { type PolicyVersion, policyVersionId, readPolicyVersion } from '#crypto/stored-policy.ts';
import { AccessError, EscrowError } from '#domain/errors.ts';
import { isSettings, type Organization } from '#domain/organization.ts';
import type { Dependencies } from './dependencies.ts';

/** A version in an organization's history; of settings that nobody kept when they were replaced, the name is all there is. */
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
  if (isSettings(policy)) {
    yield { version: policy.version };
    return;
  }
  let next: Place | undefined = { version: policy.version, id: policyVersionId(policy) };
  while (next !== undefined) {
    const past: PastVersion = await readVersion(dependencies, organization, next);
    yield past;
    next = placeBefore(past);
  }
}

/** Where a version is stored; at first, versions were stored by their numbers. */
interface Place {
  version: string;
  id?: string | undefined;
}

function placeBefore({ before: version, beforeId: id }: PastVersion): Place | undefined {
  return version === undefined ? undefined : { version, id };
}

async function readVersion(
  dependencies: Needs,
  organization: string,
  { version, id }: Place,
): Promise<PastVersion> {
  const found = id === undefined ? undefined : await readStored(dependencies, organization, id);
  return found ?? (await readStored(dependencies, organization, version)) ?? { version };
}

async function readStored(
  { documents }: Needs,
  organization: string,
  id: string,
): Promise<PolicyVersion | undefined> {
  try {
    return readPolicyVersion(await documents.get({ kind: 'policy-version', organization, id }));
  } catch (error) {
    if (error instanceof EscrowError && error.code === 'object-missing') return undefined;
    throw error;
  }
}

/**
 * The name of the document that a version of an organization's policy is.
 * @throws AccessError `not-found` if there was no such version, or it was settings that were not kept; as `policyHistory`
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
    why: 'is no version of this policy that was kept',
    next: 'List its versions.',
  });
}

/**
 * Versions of an organization's policy by their names, as far as they are part of its history: what was begun and never published is not,
 * whatever it is called. Throws as `policyHistory`.
 */
export async function findVersions(
  dependencies: Needs,
  organization: Organization,
  versions: readonly string[],
): Promise<ReadonlyMap<string, PastVersion>> {
  const wanted = new Set(versions);
  const found = new Map<string, PastVersion>();
  if (wanted.size === 0) return found;
  for await (const past of policyHistory(dependencies, organization)) {
    if (wanted.has(past.version)) found.set(past.version, past);
    if (found.size === wanted.size) break;
  }
  return found;
}
