import { activeBackup, advance, type Enrollment, transitions } from '#domain/enrollment.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { consequencesOf } from '#steps/policy-consequences.ts';
import { recorded } from '#steps/record.ts';

type Needs = Pick<Dependencies, 'registry' | 'policy' | 'keys' | 'ledger' | 'clock'>;

/**
 * Marks an enrollment whose key was made without escrow, may leave custody, and is to be escrowed as the policy says that decides now;
 * or takes the mark away, where that is no longer so. By one conditional write, recorded before it counts; what is marked so already stays.
 * @throws StateError `version-conflict` if somebody changed it at the same moment; what the ports throw
 */
export async function noteEscrowDue(
  dependencies: Needs,
  enrollment: Enrollment,
  requestId: string,
): Promise<void> {
  const { organization, id: enrollmentId, escrowDue } = enrollment;
  const { escrow } = await consequencesOf(dependencies, enrollment);
  const isDue = escrow.allowed && enrollment.exportable && activeBackup(enrollment) === undefined;
  if (isDue === (escrowDue !== undefined)) return;
  const policy = { version: escrow.version, rules: [...escrow.rules] };
  const act = { action: 'apply-policy', organization, principal: 'service', enrollmentId, requestId };
  await recorded(dependencies, act, async (recordNow) => {
    const since = dependencies.clock.now().toISOString();
    const { next, condition } = isDue
      ? advance(enrollment, transitions.markEscrowDue, { escrowDue: { since, policy } })
      : advance(enrollment, transitions.clearEscrowDue, { escrowDue: undefined });
    await recordNow({ policy, about: [isDue ? 'escrow-due' : 'escrow-not-due'] });
    await dependencies.registry.replace(next, condition);
  });
}
