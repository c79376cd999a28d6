import { eventSource } from '#contract/events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { applyPolicy } from '#lambdas/apply-policy/apply-policy.ts';
import { loadOrganization } from '#steps/load.ts';
import { decideBy, type PolicyChange, policyWith } from './policies.ts';
import { current, organization, ready, type World } from './world.ts';

/** What a policy says under which no key is escrowed. */
export const noEscrow = { escrow: { identity: false, encryption: false } } as const satisfies PolicyChange;

/** Publishes another policy, and applies it to the enrollments there are. */
export async function decideAndApply(
  { dependencies }: World,
  change: PolicyChange,
  hasEffect = true,
): Promise<void> {
  await decideBy(dependencies, organization, policyWith(change));
  if (!hasEffect) return;
  const { policy } = await loadOrganization(dependencies, organization);
  await applyPolicy(dependencies, {
    specversion: '1.0',
    id: `organization.${policy.version}.0`,
    source: eventSource(organization),
    type: 'PolicyPublished',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { version: policy.version, document: '0'.repeat(64) },
  });
}

let number = 0;

/** Has keys made without escrow, then escrow required of them, of which the encryption keys are marked. */
export async function keysWithEscrowDue(
  world: World,
  changes: readonly Record<string, unknown>[],
  policy: PolicyChange = {},
): Promise<Enrollment[]> {
  await decideAndApply(world, { ...policy, ...noEscrow });
  const made: Enrollment[] = [];
  for (const change of changes) {
    number += 1;
    made.push(await ready(world, { idempotencyKey: `due-${number}`, ...change }));
  }
  await decideAndApply(world, policy);
  return await Promise.all(made.map((enrollment) => current(world, enrollment)));
}
