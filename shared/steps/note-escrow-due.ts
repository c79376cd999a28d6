import { activeBackup, advance, type Enrollment, transitions } from '#domain/enrollment.ts';
import { hasFailed } from '#domain/policy.ts';
import type { DecidingPolicy } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { writeOrLook } from './may-stand.ts';
import { consequencesOf } from './policy-consequences.ts';
import { recorded } from './record.ts';

type Needs = Pick<Dependencies, 'registry' | 'policy' | 'keys' | 'ledger' | 'clock'>;

/**
 * Marks an enrollment whose key was made without escrow, may leave custody, and is to be escrowed as the policy says that decides now;
 * or takes the mark away, where that is no longer so. By one conditional write, recorded before it counts; what is marked so already stays.
 * Where the policy fails on it, nothing changes.
 * @returns the policy by which it is due; undefined where it is not
 * @throws StateError `version-conflict` if somebody changed it at the same moment; what the ports throw
 */
export async function noteEscrowDue(
  dependencies: Needs,
  enrollment: Enrollment,
  requestId: string,
): Promise<DecidingPolicy | undefined> {
  const { escrow } = await consequencesOf(dependencies, enrollment);
  // Where the policy fails it says nothing: what was due is due.
  if (hasFailed(escrow)) return enrollment.escrowDue?.policy;
  const isDue = escrow.allowed && enrollment.exportable && activeBackup(enrollment) === undefined;
  const policy = { version: escrow.version, rules: [...escrow.rules] };
  if (isDue !== (enrollment.escrowDue !== undefined))
    await mark(dependencies, enrollment, { isDue, policy, requestId });
  return isDue ? policy : undefined;
}

async function mark(
  dependencies: Needs,
  enrollment: Enrollment,
  { isDue, policy, requestId }: { isDue: boolean; policy: DecidingPolicy; requestId: string },
): Promise<void> {
  const { organization, id: enrollmentId } = enrollment;
  const act = { action: 'apply-policy', organization, principal: 'service', enrollmentId, requestId };
  await recorded(dependencies, act, async (recordNow) => {
    const since = dependencies.clock.now().toISOString();
    const { next, condition } = isDue
      ? advance(enrollment, transitions.markEscrowDue, {
          escrowDue: { since, policy },
          events: [{ name: 'EscrowBecameDue', data: { enrollmentId } }],
        })
      : advance(enrollment, transitions.clearEscrowDue, { escrowDue: undefined });
    await recordNow({ policy, about: [isDue ? 'escrow-due' : 'escrow-not-due'] });
    const { registry } = dependencies;
    await writeOrLook(registry, next, () => registry.replace(next, condition));
  });
}
