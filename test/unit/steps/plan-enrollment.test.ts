import { describe, expect, it } from 'vitest';
import type { EnrollmentRequest } from '#contract/enrollment-requested.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { PolicyAction, PolicyDecision, PolicyQuestion } from '#domain/policy.ts';
import type { Principal } from '#domain/principal.ts';
import { type Purpose, purposes } from '#domain/purpose.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import type { ExportabilityPolicy } from '#ports/policy.ts';
import { planEnrollment } from '#steps/plan-enrollment.ts';

const workflow: Principal = { organization: 'acme', subject: 'workflow', roles: ['enrollment-workflow'] };
const unused = () => Promise.reject(new TypeError('planning makes and opens nothing'));

/** Custody that can do what it is told to. */
function custody(
  { exportable, resident }: { exportable?: KeySpec[]; resident?: KeySpec[] },
  served: readonly Purpose[] = purposes,
): KeyProvider {
  return {
    custody: 'pkcs11',
    receiptKey: unused,
    signReceipt: unused,
    mac: unused,
    close: unused,
    ...(exportable && { exportableKeys: { specs: exportable, generate: unused, unwrap: unused } }),
    ...(resident && {
      residentKeys: { specs: resident, purposes: served, generate: unused, sign: unused, discard: unused },
    }),
  };
}

const able = custody({ exportable: ['RSA_2048', 'ECC_NIST_P256'], resident: ['RSA_2048', 'ECC_NIST_P256'] });

/** A policy that permits everything but what is named. */
function policyBut(...forbidden: PolicyAction[]): ExportabilityPolicy {
  const decide = async ({ action }: PolicyQuestion): Promise<PolicyDecision> => ({
    allowed: !forbidden.includes(action),
    rules: [`${action}-rule`],
    reason: `${action} reason.`,
    contact: 'helpdesk@acme.example',
    version: 'v7',
  });
  return { decide, decideAll: async (_organization, questions) => await Promise.all(questions.map(decide)) };
}

/** A policy that permits everything, and fails on one question. */
function policyFailingOn(action: PolicyAction): ExportabilityPolicy {
  const policy = policyBut(action);
  return {
    ...policy,
    async decideAll(organization, questions) {
      const decisions = await policy.decideAll(organization, questions);
      return decisions.map((each) => (each.allowed ? each : { ...each, rules: ['policy-evaluation-error'] }));
    },
  };
}

const encryption: EnrollmentRequest = {
  organization: 'acme',
  idempotencyKey: 'one',
  subscriber: { id: 'ada', givenName: 'Ada', familyName: "O'Brien", email: 'ada@acme.example' },
  purpose: 'encryption',
  keySpec: 'RSA_2048',
  assurance: 'medium',
};
const identity: EnrollmentRequest = { ...encryption, purpose: 'identity' };
const recipientKey = { kty: 'EC' };

function plan(request: EnrollmentRequest, policy = policyBut(), keys = able) {
  return planEnrollment({ policy, keys }, workflow, request);
}

describe('the plan of an encryption key', () => {
  it('is to escrow it, under the password of its subscriber', async () => {
    expect(await plan(encryption)).toEqual({
      policy: {
        version: 'v7',
        rules: ['Enroll-rule', 'MakeKey-rule', 'MakeExportable-rule', 'Escrow-rule', 'LockByPassword-rule'],
      },
      exportable: true,
      escrow: 'required',
      lock: 'password',
    });
  });

  it.each([
    [{ lock: 'password' }, 'password', 'LockByPassword-rule'],
    [{ recipientKey }, 'recipient', 'LockByRecipient-rule'],
    [{ lock: 'recipient', recipientKey }, 'recipient', 'LockByRecipient-rule'],
    [{ lock: 'held' }, 'held', 'LockByNothing-rule'],
  ] as const)('has the lock that the request asks for: %j', async (asked, lock, rule) => {
    const made = await plan({ ...encryption, ...asked });
    expect(made.lock).toBe(lock);
    expect(made.policy.rules).toContain(rule);
    expect(made.refused).toBeUndefined();
  });

  it.each([
    ['held', 'LockByNothing'],
    ['password', 'LockByPassword'],
    ['recipient', 'LockByRecipient'],
  ] as const)('is refused where policy does not allow the lock %s', async (lock, action) => {
    const { refused } = await plan({ ...encryption, lock, recipientKey }, policyBut(action));
    expect(refused).toEqual({
      code: 'enrollment-refused',
      reason: `${action} reason.`,
      contact: 'helpdesk@acme.example',
      rules: [`${action}-rule`],
    });
  });

  it('is refused where it must be escrowed and policy keeps it in custody', async () => {
    const { refused, exportRefused } = await plan(encryption, policyBut('MakeExportable'));
    expect(refused).toMatchObject({ code: 'escrow-impossible', rules: ['Escrow-rule'] });
    expect(refused?.reason).toContain('could not leave custody');
    expect(exportRefused).toBeUndefined();
  });

  it.each([
    ['no exportable keys at all', custody({ resident: ['RSA_2048'] })],
    ['none of the spec', custody({ exportable: ['ECC_NIST_P256'], resident: ['RSA_2048'] })],
  ])('is refused where custody has %s', async (_what, keys) => {
    expect((await plan(encryption, policyBut(), keys)).refused?.code).toBe('escrow-impossible');
  });

  it('is refused where policy refuses the request, whatever else is wrong', async () => {
    const { refused } = await plan(
      encryption,
      policyBut('Enroll', 'MakeExportable', 'LockByPassword'),
      custody({}),
    );
    expect(refused).toMatchObject({ code: 'enrollment-refused', reason: 'Enroll reason.' });
  });
});

describe('where the policy fails', () => {
  it.each(['Enroll', 'MakeKey', 'MakeExportable', 'Escrow', 'LockByPassword'] as const)(
    'on %s, the request is refused: no key is made without escrow, or so that it never leaves, by a failure',
    async (action) => {
      const { refused } = await plan(encryption, policyFailingOn(action));
      expect(refused).toMatchObject({ code: 'enrollment-refused', rules: ['policy-evaluation-error'] });
    },
  );

  it('an answer that is missing is not taken from the question after it', async () => {
    const policy = policyBut('Enroll');
    const decideAll: typeof policy.decideAll = async (organization, [, ...questions]) =>
      await policy.decideAll(organization, questions);
    await expect(plan(encryption, { ...policy, decideAll })).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('the plan of an identity key', () => {
  it('is never to escrow it, even where policy would', async () => {
    const made = await plan(identity);
    expect(made).toMatchObject({ escrow: 'forbidden', exportable: true, lock: 'password' });
    expect(made.policy.rules).toContain('floor-identity-never-escrowed');
  });

  it('is never to hold it without a lock, even where policy would', async () => {
    const { refused } = await plan({ ...identity, lock: 'held' });
    expect(refused).toMatchObject({ code: 'enrollment-refused', rules: ['floor-identity-never-held'] });
  });

  it('is to keep it in custody where policy says so, and to say at once that no export will be', async () => {
    const made = await plan({ ...identity, lock: 'held' }, policyBut('MakeExportable'));
    expect(made).toMatchObject({ lock: 'resident', exportable: false, escrow: 'forbidden' });
    expect(made.refused).toBeUndefined();
    expect(made.exportRefused).toEqual({
      code: 'export-refused',
      reason: 'MakeExportable reason.',
      contact: 'helpdesk@acme.example',
      rules: ['MakeExportable-rule'],
    });
  });

  it.each([
    ['exportable', policyBut(), custody({ resident: ['RSA_2048'] })],
    ['exportable of the spec', policyBut(), custody({ exportable: ['ECC_NIST_P256'] })],
    ['resident', policyBut('MakeExportable'), custody({ exportable: ['RSA_2048'] })],
    ['resident of the spec', policyBut('MakeExportable'), custody({ resident: ['ECC_NIST_P256'] })],
  ])('is refused where custody has no keys that are %s', async (_what, policy, keys) => {
    const { refused } = await plan(identity, policy, keys);
    expect(refused).toMatchObject({ code: 'provider-incapable', contact: 'helpdesk@acme.example' });
  });

  it('is refused where a key that stays in custody would be of no use', async () => {
    const policy = policyBut('MakeExportable', 'Escrow');
    const signsOnly = custody({ resident: ['RSA_2048'] }, ['identity']);
    expect((await plan(encryption, policy, signsOnly)).refused).toMatchObject({ code: 'provider-incapable' });
    expect((await plan(identity, policy, signsOnly)).refused).toBeUndefined();
  });
});
