import * as v from 'valibot';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { purposes } from '#domain/purpose.ts';
import { text } from '../fields.ts';
import { policyFactsSchema, policyTestsSchema, policyTextSchema } from '../policy-document.ts';
import { cursor, moment, pageSize, sha256 } from './fields.ts';
import { administering, auditing } from './roles.ts';
import { route } from './route.ts';

// The life of an organization's policy: proposed by one administrator, approved by another, and what it would change.

const tag = 'Policy';
/** Text and tests of a policy at their largest, escaped as JSON. */
const largestPolicy = 524_288;

/** A version as the history tells it; of one that was settings, before policies were written in Cedar, its name is all there is. */
export const publishedPolicyView = v.object({
  version: v.string(),
  /** The SHA-256 of the document, which names it. */
  document: v.optional(sha256),
  publishedAt: v.optional(moment),
  proposedBy: v.optional(v.string()),
  approvedBy: v.optional(v.string()),
});

const proposalMembers = {
  document: sha256,
  proposedBy: v.string(),
  proposedAt: moment,
  /** The version that decides until it is approved. */
  replaces: v.string(),
};
const document = { cedar: v.string(), tests: policyTestsSchema };
const proposalView = v.object(proposalMembers);

export const showPolicy = route({
  method: 'GET',
  path: '/v1/policy',
  tag,
  summary: 'Show the policy that decides, and the one that is proposed, each with its text and tests.',
  roles: auditing,
  rate: 'read',
  answer: {
    status: 200,
    description: 'The policy; and the proposal, where there is one.',
    schema: v.object({
      present: v.object({ ...publishedPolicyView.entries, ...document }),
      proposal: v.optional(v.object({ ...proposalMembers, ...document })),
    }),
  },
  codes: ['not-set-up', 'object-missing', 'object-damaged'],
});

export const proposePolicy = route({
  method: 'PUT',
  path: '/v1/policy/proposal',
  tag,
  summary:
    'Propose a policy, or an earlier version once more, in place of what was proposed before. Nothing is decided by it until another administrator approves it.',
  roles: administering,
  rate: 'costly',
  body: {
    /** Text and tests; or the version alone. */
    schema: v.strictObject({
      cedar: v.optional(policyTextSchema),
      tests: v.optional(policyTestsSchema),
      version: v.optional(text(1, 64)),
    }),
    largest: largestPolicy,
  },
  answer: { status: 200, description: 'The proposal.', schema: proposalView },
  codes: ['not-set-up', 'not-found', 'already-exists', 'object-missing', 'object-damaged'],
});

export const approvePolicy = route({
  method: 'POST',
  path: '/v1/policy/approval',
  tag,
  summary:
    'Approve the proposal of another administrator, by the SHA-256 of what was read: it decides from now on. Again, it changes nothing.',
  roles: administering,
  rate: 'write',
  repeats: 'freely',
  body: { schema: v.strictObject({ document: sha256 }), largest: 1_024 },
  answer: { status: 200, description: 'The version that it became.', schema: publishedPolicyView },
  codes: ['not-set-up', 'precondition-failed', 'object-missing', 'object-damaged'],
});

export const withdrawProposal = route({
  method: 'DELETE',
  path: '/v1/policy/proposals/{document}',
  tag,
  summary: 'Withdraw a proposal, or reject that of another administrator. Again, it changes nothing.',
  roles: administering,
  rate: 'write',
  params: v.strictObject({ document: sha256 }),
  answer: { status: 204, description: 'It is no longer proposed.' },
  codes: ['not-set-up', 'no-such-route'],
});

export const listPolicyVersions = route({
  method: 'GET',
  path: '/v1/policy/versions',
  tag,
  summary:
    'List the versions of the policy, the present one first: when each was published, and whose decision it was.',
  roles: auditing,
  rate: 'read',
  query: v.strictObject({ limit: pageSize, cursor: v.optional(cursor) }),
  answer: {
    status: 200,
    description: 'A page of versions; with a cursor where there are more.',
    schema: v.object({ versions: v.array(publishedPolicyView), cursor: v.optional(v.string()) }),
  },
  codes: ['not-set-up', 'object-damaged'],
});

/** Which policy is asked: the one whose text is sent, the one that is proposed, or else the one that decides. */
const asked = {
  proposed: v.optional(v.boolean()),
  cedar: v.optional(policyTextSchema),
};

export const simulatePolicy = route({
  method: 'POST',
  path: '/v1/policy/answers',
  tag,
  summary:
    'Ask a policy one question: the present one, the proposal, or a text that is sent. Nothing is done.',
  roles: auditing,
  rate: 'costly',
  repeats: 'freely',
  body: { schema: v.strictObject({ question: policyFactsSchema, ...asked }), largest: largestPolicy },
  answer: {
    status: 200,
    description: 'The answer, with the rules that decided it.',
    schema: v.object({
      allowed: v.boolean(),
      rules: v.array(v.object({ id: v.string(), line: v.optional(v.number()) })),
      reason: v.string(),
      contact: v.string(),
      /** Whether the policy permits it, and a floor takes the permission back. */
      byFloor: v.boolean(),
      /** Of the policy that answered: the version, where it decides. */
      version: v.optional(v.string()),
      document: v.optional(sha256),
    }),
  },
  codes: ['not-set-up', 'not-found', 'object-missing', 'object-damaged'],
});

/** What a policy would change for an enrollment. */
export const policyChanges = [
  /** Its key is not made yet, and would not be. */
  'refused',
  'loses-export',
  'gains-export',
  'needs-escrow',
  /** It would need escrow, and its key was made so that it cannot leave custody. */
  'needs-escrow-in-vain',
  'needs-no-escrow',
] as const;

export const policyChangeView = v.object({
  change: v.picklist(policyChanges),
  /** Which copies, where it is about those. */
  profiles: v.optional(v.array(v.picklist(pfxProfiles))),
  /** Why, as the policy says that would change it. */
  reason: v.string(),
  rules: v.array(v.string()),
});
export type PolicyChangeView = v.InferOutput<typeof policyChangeView>;

export const comparePolicy = route({
  method: 'POST',
  path: '/v1/policy/differences',
  tag,
  summary:
    'Say what the proposal, or a text that is sent, would change for the enrollments that there are. Nothing is done.',
  roles: auditing,
  rate: 'costly',
  repeats: 'freely',
  query: v.strictObject({ limit: pageSize, cursor: v.optional(cursor) }),
  body: {
    schema: v.strictObject({ cedar: v.optional(policyTextSchema) }),
    largest: largestPolicy,
  },
  answer: {
    status: 200,
    description:
      'How many enrollments of a page were looked at, and those for which something would change; with a cursor where there may be more.',
    schema: v.object({
      /** The version that decides now. */
      version: v.string(),
      /** The SHA-256 of the proposal; absent for a text that was sent. */
      document: v.optional(sha256),
      evaluated: v.number(),
      enrollments: v.array(
        v.object({
          id: v.string(),
          subscriberId: v.string(),
          purpose: v.picklist(purposes),
          changes: v.array(policyChangeView),
        }),
      ),
      cursor: v.optional(v.string()),
    }),
  },
  codes: ['not-set-up', 'not-found', 'object-missing', 'object-damaged', 'provider-misconfigured'],
});
