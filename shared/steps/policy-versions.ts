import {
  type PolicyVersion,
  policyBytes,
  policyName,
  policyVersionBytes,
  readPolicyVersion,
  readStoredPolicy,
} from '#crypto/stored-policy.ts';
import { EscrowError, StateError } from '#domain/errors.ts';
import { isSettings, type Organization, type PublishedPolicy } from '#domain/organization.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { settingsAsCedar } from '#policy/settings-as-cedar.ts';
import type { Dependencies } from './dependencies.ts';

type Stores = Pick<Dependencies, 'documents'>;

/** More versions than ever were begun and not published, one after the other. */
const mostTaken = 1000;

/** A policy that is to be published, and whose decision that is. */
export interface Publication extends Omit<PolicyVersion, 'version'> {}

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
 * Stores which policy a version is, before the organization's record points to it. A version that somebody stored and did not publish
 * keeps its number, unless it is the same decision: then it is this one, begun before.
 * @returns what the record is to hold
 * @throws StateError `version-conflict` if too many are taken; StoreError `store-unavailable`
 */
export async function storePolicyVersion(
  { documents }: Stores,
  organization: string,
  publication: Publication,
): Promise<PublishedPolicy> {
  const first = numberAfter(publication.before);
  for (let number = first; number < first + mostTaken; number += 1) {
    const version = String(number);
    const name = { kind: 'policy-version', organization, id: version } as const;
    try {
      await documents.put(name, policyVersionBytes({ ...publication, version }));
      return published({ ...publication, version });
    } catch (error) {
      if (!(error instanceof EscrowError) || error.code !== 'already-exists') throw error;
    }
    const taken = readPolicyVersion(await documents.get(name));
    if (isSameDecision(taken, publication)) return published(taken);
  }
  throw new StateError('version-conflict');
}

/** Versions are counted; those of settings had names of their own. */
function numberAfter(before: string | undefined): number {
  return /^[1-9]\d{0,14}$/.test(before ?? '') ? Number(before) + 1 : 1;
}

function isSameDecision(taken: PolicyVersion, { publishedAt: _, ...wanted }: Publication): boolean {
  const { document, proposedBy, approvedBy, before } = taken;
  return (
    document === wanted.document &&
    proposedBy === wanted.proposedBy &&
    approvedBy === wanted.approvedBy &&
    before === wanted.before
  );
}

function published({ before: _, ...version }: PolicyVersion): PublishedPolicy {
  return version;
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
