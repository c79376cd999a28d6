import { requesting } from '#contract/api/roles.ts';
import { activeBackup, type Enrollment, type EnrollmentState } from '#domain/enrollment.ts';
import { InternalError } from '#domain/errors.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { hasFailed, type PolicyDecision, type PolicyQuestion } from '#domain/policy.ts';
import type { Principal } from '#domain/principal.ts';
import { decideAll, resourceOf } from './decide.ts';
import type { Dependencies } from './dependencies.ts';
import { type EnrollmentPlan, planEnrollment } from './plan-enrollment.ts';

type Needs = Pick<Dependencies, 'policy' | 'keys'>;

/** The states of enrollments that a policy can still mean something for. */
export const concernedStates = [
  'accepted',
  'awaiting-subscriber',
  'making',
  'ready',
] as const satisfies readonly EnrollmentState[];

/** Why, as a policy said it. */
type Told = Pick<PolicyDecision, 'reason' | 'rules'>;

/** What a policy means for an enrollment that is there already. */
export interface Consequences {
  /** Its key is not made yet, and is not to be. */
  refused?: Told;
  /** Whether its key is escrowed, or is to be. */
  escrow: PolicyDecision;
  /** Whether its subscriber gets a copy, by profile; of a key that is not made yet, once it is made as it is planned. */
  exports: Readonly<Record<PfxProfile, PolicyDecision>>;
}

/** Whether its key is not made yet, so that policy may decide anew how it is to be. */
export function isUnmade({ state }: Pick<Enrollment, 'state'>): boolean {
  return state === 'accepted' || state === 'awaiting-subscriber';
}

/**
 * What a policy means for an enrollment. Groups stand in tokens alone, so no subscriber is in any here.
 * Throws as `ExportabilityPolicy.decideAll` does.
 */
export async function consequencesOf(dependencies: Needs, enrollment: Enrollment): Promise<Consequences> {
  const plan = isUnmade(enrollment) ? await planAgain(dependencies, enrollment) : undefined;
  const escrow = await escrowOf(dependencies, enrollment, plan?.asker);
  const exports = await exportsOf(
    dependencies,
    plan === undefined ? enrollment : { ...enrollment, ...plan.kept },
  );
  return { escrow, exports, ...(plan?.refused !== undefined && { refused: plan.refused }) };
}

/** A plan that was made anew, and in whose name. */
export interface PlanAgain {
  plan: EnrollmentPlan;
  asker: Principal;
  kept: Pick<Enrollment, 'exportable' | 'escrow' | 'lock'>;
  refused?: Told;
}

/**
 * Plans an enrollment anew whose key is not made yet, in the name of whoever asked for it. Of a record from before that was kept, it is
 * refused only where whoever may ask is. Of a key that was to stay in custody it is not kept which lock would else have been asked
 * for: one that may leave after all gets a password. Throws as `ExportabilityPolicy.decideAll` does.
 */
export async function planAgain(dependencies: Needs, enrollment: Enrollment): Promise<PlanAgain> {
  const { organization, subscriber, purpose, keySpec, assurance, lock, recipientKey } = enrollment;
  const request = {
    ...{ organization, subscriber, purpose, keySpec, assurance },
    ...(lock !== 'resident' && { lock }),
    ...(recipientKey !== undefined && { recipientKey: { ...recipientKey } }),
  };
  const plans: PlanAgain[] = [];
  for (const asker of askersOf(enrollment)) {
    const plan = await planEnrollment(dependencies, asker, request);
    const { exportable, escrow, lock: wanted, refused } = plan;
    const kept = { exportable, escrow, lock: wanted };
    if (refused === undefined) return { plan, asker, kept };
    plans.push({ plan, asker, kept, refused });
  }
  const [first] = plans;
  if (first === undefined) throw new InternalError('internal');
  return first;
}

function askersOf({ organization, requestedBy }: Enrollment): Principal[] {
  return requestedBy === undefined ? requesters(organization) : [{ organization, ...requestedBy }];
}

function requesters(organization: string): Principal[] {
  return requesting.map((role) => ({ organization, subject: 'service', roles: [role] }));
}

/** Whether its key is to be escrowed: as it was asked when it was planned or, once it is made, of the key that there is. */
async function escrowOf(
  { policy }: Needs,
  enrollment: Enrollment,
  asker: Principal | undefined,
): Promise<PolicyDecision> {
  const { organization } = enrollment;
  const resource = asker === undefined ? resourceOf(enrollment) : requestedOf(enrollment);
  const askers = asker === undefined ? requesters(organization) : [asker];
  const questions = askers.map((principal) => ({ action: 'Escrow', principal, resource }) as const);
  return chosen(await decideAll({ policy }, organization, questions));
}

/** Who asks makes no difference that lets a key go without escrow, nor does a failure. */
function chosen(decisions: readonly PolicyDecision[]): PolicyDecision {
  const decision = decisions.find(({ allowed }) => allowed) ?? decisions.find(hasFailed) ?? decisions[0];
  if (decision === undefined) throw new InternalError('internal');
  return decision;
}

/** As `planEnrollment` asks about it. */
function requestedOf({ purpose, assurance, keySpec, custody, subscriber }: Enrollment) {
  return { purpose, assurance, keySpec, custody, subscriberId: subscriber.id };
}

async function exportsOf({ policy }: Needs, enrollment: Enrollment): Promise<Consequences['exports']> {
  const { organization, subscriber } = enrollment;
  const principal: Principal = { organization, subject: subscriber.id, roles: ['subscriber'] };
  const question = (profile: PfxProfile): PolicyQuestion => ({
    action: profile === 'compatible' ? 'ExportCompatible' : 'Export',
    principal,
    resource: { ...resourceOf(enrollment), stage: 'made', profile },
  });
  const ask = async (profile: PfxProfile) =>
    chosen(await decideAll({ policy }, organization, [question(profile)]));
  return {
    modern: await ask('modern'),
    compatible: await ask('compatible'),
    pbmac1: await ask('pbmac1'),
  };
}

/** Something that a policy changes for an enrollment. */
export interface PolicyDifference extends Told {
  change:
    | 'refused'
    | 'loses-export'
    | 'gains-export'
    | 'needs-escrow'
    | 'needs-escrow-in-vain'
    | 'needs-no-escrow';
  profiles?: readonly PfxProfile[];
}

/**
 * What is different for an enrollment after another policy decides; nothing where all stays. What would be refused is told whether or not
 * the present policy would refuse it, too: it is there, and then it is not.
 */
export function differencesOf(
  enrollment: Enrollment,
  before: Consequences,
  after: Consequences,
): PolicyDifference[] {
  if (after.refused !== undefined) return [{ change: 'refused', ...told(after.refused) }];
  const lost = changedTo(false, before, after);
  const gained = changedTo(true, before, after);
  return [
    ...exportChange('loses-export', lost, after),
    ...exportChange('gains-export', gained, after),
    ...escrowChange(enrollment, before.escrow, after.escrow),
  ];
}

function changedTo(allowed: boolean, before: Consequences, after: Consequences): PfxProfile[] {
  return pfxProfiles.filter(
    (profile) => before.exports[profile].allowed !== allowed && after.exports[profile].allowed === allowed,
  );
}

function exportChange(
  change: 'loses-export' | 'gains-export',
  profiles: readonly PfxProfile[],
  { exports }: Consequences,
): PolicyDifference[] {
  const [first] = profiles;
  return first === undefined ? [] : [{ change, profiles, ...told(exports[first]) }];
}

function escrowChange(
  enrollment: Enrollment,
  before: PolicyDecision,
  after: PolicyDecision,
): PolicyDifference[] {
  if (before.allowed === after.allowed || hasFailed(after)) return [];
  if (!after.allowed) return [{ change: 'needs-no-escrow', ...told(after) }];
  if (activeBackup(enrollment) !== undefined) return [];
  const inVain = !isUnmade(enrollment) && !enrollment.exportable;
  return [{ change: inVain ? 'needs-escrow-in-vain' : 'needs-escrow', ...told(after) }];
}

function told({ reason, rules }: Told): Told {
  return { reason, rules };
}
