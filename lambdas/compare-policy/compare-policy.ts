import { setImmediate as breath } from 'node:timers/promises';
import { auditing } from '#contract/api/roles.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { policyOf } from '#steps/asked-policy.ts';
import { type ChosenPolicy, presentPolicy, proposedPolicy } from '#steps/chosen-policy.ts';
import { pageLimit, placeOf, toCursor } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { checkCustody, loadOrganization } from '#steps/load.ts';
import {
  concernedStates,
  consequencesOf,
  differencesOf,
  type PolicyDifference,
} from '#steps/policy-consequences.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/** The list goes by ids; `enrollmentIdFrom` makes them. */
const enrollmentId = /^enr_[a-z2-7]{26}$/;

export interface Comparing {
  /** Compared in place of the proposal. */
  cedar?: string | undefined;
  /** 1 to 200; 50 if absent. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string | undefined;
  requestId: string;
}

/** A page of enrollments, as far as another policy would change anything for them. */
export interface Comparison {
  /** The version that decides now. */
  version: string;
  /** The SHA-256 of the proposal, where that is compared. */
  document?: string;
  /** How many there were on the page. */
  evaluated: number;
  changed: { enrollment: Enrollment; differences: PolicyDifference[] }[];
  cursor?: string;
}

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'keys'>;

/**
 * Says what the proposed policy, or a text that is sent, would change for the enrollments there are: each is evaluated by both. What is
 * refused already or destroyed is left out: no policy changes it. Subscribers' groups are in their tokens alone, so that they are in none
 * here.
 * @throws AccessError `not-permitted`, `not-found` if nothing is proposed; InputError `invalid-input` for a text that cannot be used, a
 *   limit or a cursor that is none; ProviderError `provider-misconfigured` if the service runs over another custody than the
 *   organization's; SetUpError `not-set-up`; StoreError `object-missing`, `object-damaged`, `store-unavailable`
 */
export async function comparePolicy(
  dependencies: Needs,
  principal: Principal,
  { cedar, limit, cursor, requestId }: Comparing,
): Promise<Comparison> {
  const act = actOf('compare-policy', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const size = pageLimit(limit);
    const place = cursor === undefined ? {} : { cursor: placeOf(cursor, enrollmentId) };
    const organization = await loadOrganization(dependencies, principal.organization);
    checkCustody(dependencies, organization);
    const present = await presentPolicy(dependencies, organization);
    const other = await proposedPolicy(dependencies, organization, cedar);
    const page = await dependencies.registry.enrollments({
      ...{ organization: principal.organization, states: concernedStates, limit: size },
      ...place,
    });
    const { version } = organization.policy;
    const asked = ({ compiled }: ChosenPolicy): AskedPolicy => ({
      keys: dependencies.keys,
      policy: policyOf(compiled, organization, version),
    });
    return {
      version,
      ...(other.document !== undefined && { document: other.document }),
      evaluated: page.items.length,
      changed: await compareEach(page.items, asked(present), asked(other)),
      ...(page.cursor !== undefined && { cursor: toCursor(page.cursor) }),
    };
  });
}

type AskedPolicy = Pick<Dependencies, 'policy' | 'keys'>;

async function compareEach(
  enrollments: readonly Enrollment[],
  before: AskedPolicy,
  after: AskedPolicy,
): Promise<Comparison['changed']> {
  const changed: Comparison['changed'] = [];
  for (const enrollment of enrollments) {
    const differences = differencesOf(
      enrollment,
      await consequencesOf(before, enrollment),
      await consequencesOf(after, enrollment),
    );
    if (differences.length > 0) changed.push({ enrollment, differences });
    // A page is some hundred milliseconds of evaluation, and others wait.
    await breath();
  }
  return changed;
}
