import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { holdFloors } from '#domain/floors.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import type { PolicyQuestion } from '#domain/policy.ts';
import type { Principal } from '#domain/principal.ts';
import { assurances, purposes } from '#domain/purpose.ts';
import { comparePolicy } from '#lambdas/compare-policy/compare-policy.ts';
import { proposePolicy } from '#lambdas/propose-policy/propose-policy.ts';
import { type CompiledPolicy, compilePolicy } from '#policy/compile.ts';
import { resourceOf } from '#steps/decide.ts';
import { loadOrganization } from '#steps/load.ts';
import { policyInForce } from '#steps/policy-versions.ts';
import { ownPolicy } from '#test/support/own-policy.ts';
import { type PolicyChange, policyWith } from '#test/support/policies.ts';
import { administrator, makeWorld, organization, ready, request, type World } from '#test/support/world.ts';

const requestId = 'req';
const auditor: Principal = { organization, subject: 'olga', roles: ['auditor'] };

let world: World;
let enrollments: Enrollment[];
beforeAll(async () => {
  world = await makeWorld({ escrow: { identity: false, encryption: false } });
  let count = 0;
  const next = () => ({ idempotencyKey: `key-${count++}` });
  for (const purpose of purposes) {
    for (const assurance of assurances) {
      await request(world, { ...next(), purpose, assurance });
      await ready(world, { ...next(), purpose, assurance });
    }
  }
  enrollments = (await world.dependencies.registry.enrollments({ organization, limit: 100 })).items;
});
afterAll(() => world.close());

async function changesOf(cedar: string, limit = 50): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  let cursor: string | undefined;
  let evaluated = 0;
  do {
    const page = await comparePolicy(world.dependencies, auditor, { cedar, limit, cursor, requestId });
    for (const { enrollment, differences } of page.changed) {
      const named = differences.map(({ change, profiles }) => [change, ...(profiles ?? [])].join(' '));
      found.set(enrollment.id, new Set(named));
    }
    evaluated += page.evaluated;
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(evaluated).toBe(enrollments.length);
  return found;
}

const yesOrNo = fc.boolean();
const byAssurance = fc.record({ medium: yesOrNo, 'medium-token': yesOrNo, 'medium-hardware': yesOrNo });
const changed: fc.Arbitrary<PolicyChange> = fc.record({
  exportable: fc.record({ identity: byAssurance, encryption: byAssurance }),
  escrow: fc.record({ identity: yesOrNo, encryption: yesOrNo }),
  profiles: fc.subarray([...pfxProfiles]),
});

/** Asks one policy one thing, as an auditor would who has nothing but the policies and the enrollments. */
async function isAllowed(policy: CompiledPolicy, question: PolicyQuestion): Promise<boolean> {
  const { allowed, rules, reason } = await policy.decide(question);
  return holdFloors(question, { allowed, rules, reason }).allowed;
}

/** What one policy says of one enrollment, told without the code that is tried. */
async function evaluate(policy: CompiledPolicy, enrollment: Enrollment) {
  const workflow: Principal = { organization, subject: 'service', roles: ['enrollment-workflow'] };
  const owner: Principal = { organization, subject: enrollment.subscriber.id, roles: ['subscriber'] };
  const { purpose, assurance, keySpec, custody, subscriber, key } = enrollment;
  const asked = { purpose, assurance, keySpec, custody, subscriberId: subscriber.id };
  const isMade = key !== undefined;
  const resource = isMade ? resourceOf(enrollment) : asked;
  const mayLeave = await isAllowed(policy, {
    action: 'MakeExportable',
    principal: workflow,
    resource: asked,
  });
  const escrow = await isAllowed(policy, { action: 'Escrow', principal: workflow, resource });
  const lock = await isAllowed(policy, { action: 'LockByPassword', principal: workflow, resource: asked });
  // A key that stays in custody cannot be escrowed.
  const refused = !isMade && (mayLeave ? !lock : escrow);
  const exportable = isMade ? enrollment.exportable : mayLeave;
  const copies: PfxProfile[] = [];
  for (const profile of pfxProfiles) {
    const action = profile === 'compatible' ? 'ExportCompatible' : 'Export';
    const about = { ...resourceOf({ ...enrollment, exportable }), stage: 'made', profile } as const;
    if (await isAllowed(policy, { action, principal: owner, resource: about })) copies.push(profile);
  }
  return { refused, escrow, copies };
}

/** What is different, put together anew from what each policy says. */
async function expected(before: CompiledPolicy, after: CompiledPolicy): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const enrollment of enrollments) {
    const [old, then] = [await evaluate(before, enrollment), await evaluate(after, enrollment)];
    const changes = new Set<string>();
    const lost = old.copies.filter((profile) => !then.copies.includes(profile));
    const gained = then.copies.filter((profile) => !old.copies.includes(profile));
    const escrowed = activeBackup(enrollment) !== undefined;
    if (then.refused) changes.add('refused');
    else {
      if (lost.length > 0) changes.add(['loses-export', ...lost].join(' '));
      if (gained.length > 0) changes.add(['gains-export', ...gained].join(' '));
      const inVain = enrollment.key !== undefined && !enrollment.exportable;
      if (then.escrow && !old.escrow && !escrowed)
        changes.add(inVain ? 'needs-escrow-in-vain' : 'needs-escrow');
      if (old.escrow && !then.escrow) changes.add('needs-no-escrow');
    }
    if (changes.size > 0) found.set(enrollment.id, changes);
  }
  return found;
}

describe('what another policy would change', () => {
  it('is what evaluating every enrollment before and after says, by pages of any size', async () => {
    const owner = await loadOrganization(world.dependencies, organization);
    const before = await compilePolicy(await policyInForce(world.dependencies, owner));
    await fc.assert(
      fc.asyncProperty(changed, fc.integer({ min: 1, max: 20 }), async (change, limit) => {
        const { cedar } = policyWith(change);
        expect(await changesOf(cedar, limit)).toEqual(await expected(before, await compilePolicy({ cedar })));
      }),
      { numRuns: 25 },
    );
  });

  it('is nothing, of the same policy', async () => {
    const { cedar } = policyWith({ escrow: { identity: false, encryption: false } });
    expect(await changesOf(cedar)).toEqual(new Map());
  });

  it('is told of the proposal where no text is sent, and refused where there is none', async () => {
    const ask = () => comparePolicy(world.dependencies, auditor, { requestId });
    await expect(ask()).rejects.toMatchObject({ code: 'not-found' });
    const { document } = await proposePolicy(world.dependencies, administrator, {
      policy: ownPolicy('a'),
      requestId,
    });
    expect(await ask()).toMatchObject({ document, evaluated: enrollments.length });
  });

  it('writes nothing', async () => {
    await changesOf(ownPolicy('a').cedar);
    const { items } = await world.dependencies.registry.enrollments({ organization, limit: 100 });
    expect(items).toEqual(enrollments);
  });
});
