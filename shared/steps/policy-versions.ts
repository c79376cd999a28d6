import {
  type PolicyVersion,
  policyBytes,
  policyName,
  policyVersionBytes,
  policyVersionId,
  readStoredPolicy,
} from '#crypto/stored-policy.ts';
import { isSettings, type Organization, type PublishedPolicy } from '#domain/organization.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { settingsAsCedar } from '#policy/settings-as-cedar.ts';
import type { Dependencies } from './dependencies.ts';

type Stores = Pick<Dependencies, 'documents'>;

/** A policy that is to be published, and whose decision that is. */
export type Publication = Omit<PublishedPolicy, 'version'>;

/**
 * Stores a policy under its name, before anything points to it; again is success.
 * @returns its name
 * @throws StoreError `store-unavailable`
 */
export async function storePolicy(
  { documents }: Stores,
  organization: string,
  document: PolicyDocument,
): Promise<string> {
  const id = policyName(document);
  await documents.put({ kind: 'policy', organization, id }, policyBytes(document));
  return id;
}

/**
 * Stores which policy the next version is, before the organization's record points to it. Where it takes the place of settings, those
 * are kept first, as a version like any other, to which one can go back.
 * @param before the policy that it takes the place of; absent for the first
 * @returns what the record is to hold
 * @throws StoreError `store-unavailable`
 */
export async function storePolicyVersion(
  stores: Stores,
  organization: string,
  publication: Publication,
  before?: Organization['policy'],
): Promise<PublishedPolicy> {
  const policy = { version: numberAfter(before?.version), ...publication };
  const named = before === undefined ? {} : await nameOf(stores, organization, before);
  await putVersion(stores, organization, { ...policy, ...named });
  return policy;
}

/** The version before, as the next one names it; settings are stored for it. */
async function nameOf(
  stores: Stores,
  organization: string,
  before: Organization['policy'],
): Promise<Pick<PolicyVersion, 'before' | 'beforeId'>> {
  const { version } = before;
  if (!isSettings(before)) return { before: version, beforeId: policyVersionId(before) };
  const document = await storePolicy(stores, organization, settingsAsCedar(before));
  return { before: version, beforeId: await putVersion(stores, organization, { version, document }) };
}

async function putVersion(
  { documents }: Stores,
  organization: string,
  version: PolicyVersion,
): Promise<string> {
  const id = policyVersionId(version);
  await documents.put({ kind: 'policy-version', organization, id }, policyVersionBytes(version));
  return id;
}

/** Versions are counted; those of settings had names of their own. */
function numberAfter(before: string | undefined): string {
  return /^[1-9]\d{0,14}$/.test(before ?? '') ? String(Number(before) + 1) : '1';
}

/**
 * A policy of an organization, by its name.
 * @throws StoreError `object-missing` if there is none of that name, `object-damaged`, `store-unavailable`
 */
export async function readPolicy(
  { documents }: Stores,
  organization: string,
  name: string,
): Promise<PolicyDocument> {
  return readStoredPolicy(name, await documents.get({ kind: 'policy', organization, id: name }));
}

/**
 * The policy that an organization decides by; made from its settings, where it still has those.
 * Throws as `readPolicy`.
 */
export async function policyInForce(
  stores: Stores,
  { organization, policy }: Organization,
): Promise<PolicyDocument> {
  return isSettings(policy)
    ? settingsAsCedar(policy)
    : await readPolicy(stores, organization, policy.document);
}
