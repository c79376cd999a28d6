import { afterEach, describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { applyPolicy } from '#lambdas/apply-policy/apply-policy.ts';
import { loadOrganization } from '#steps/load.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { decideBy, type PolicyChange, policyWith } from '#test/support/policies.ts';
import { current, makeWorld, organization, password, request, type World } from '#test/support/world.ts';

let world: World;
afterEach(() => world.close());

/** Publishes another policy, and applies it. */
async function change(to: PolicyChange): Promise<void> {
  await decideBy(world.dependencies, organization, policyWith(to));
  const { policy } = await loadOrganization(world.dependencies, organization);
  await applyPolicy(world.dependencies, {
    specversion: '1.0',
    id: 'organization.7.0',
    source: eventSource(organization),
    type: 'PolicyPublished',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { version: policy.version, document: '0'.repeat(64) },
  });
}

const noEscrow = { escrow: { identity: false, encryption: false } };
const staying = { medium: false, 'medium-token': false, 'medium-hardware': false };
const nothingLeaves = { exportable: { identity: staying, encryption: staying }, ...noEscrow };

/** As it was read, just before the policy was applied. */
async function readBefore(from: PolicyChange, to: PolicyChange, purpose: Enrollment['purpose']) {
  world = await makeWorld({ ...from, heldAllowed: true });
  const read = await request(world, { purpose, lock: 'password' });
  await change(to);
  return read;
}

describe('a key whose plan changed after its record was read', () => {
  it.each<[string, PolicyChange, PolicyChange, Enrollment['purpose']]>([
    ['may leave no more', noEscrow, nothingLeaves, 'identity'],
    ['may leave now', nothingLeaves, noEscrow, 'identity'],
    ['is escrowed now', noEscrow, {}, 'encryption'],
  ])('is not made as it was planned before: it %s', async (_what, from, to, purpose) => {
    const read = await readBefore(from, to, purpose);
    const planned = await current(world, read);
    const secret = read.lock === 'password' ? password() : undefined;
    const making = makeKeyPair(world.dependencies, read, secret);
    await expect(making).rejects.toMatchObject({ code: 'version-conflict', retryable: true });
    expect(await current(world, read)).toEqual(planned);
    const names = world.dependencies.documents.names().filter(({ kind }) => kind === 'csr');
    expect(names).toEqual([]);
  });

  it('is made as it was read, where another version says the same of it', async () => {
    const read = await readBefore({}, { profiles: ['modern', 'pbmac1'] }, 'identity');
    const { policy } = await current(world, read);
    expect(policy.version).not.toBe(read.policy.version);
    const made = await makeKeyPair(world.dependencies, read, password());
    expect(made).toMatchObject({ state: 'ready', policy });
  });
});
