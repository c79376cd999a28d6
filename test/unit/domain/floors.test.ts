import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#domain/error-codes.ts';
import { EscrowError } from '#domain/errors.ts';
import { holdFloors, holdRecordToFloors } from '#domain/floors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import {
  lockKinds,
  type PolicyAction,
  type PolicyContext,
  type PolicyDecision,
  type PolicyQuestion,
  policyActions,
} from '#domain/policy.ts';
import { roles } from '#domain/principal.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';

const anyQuestion: fc.Arbitrary<PolicyQuestion> = fc.record({
  action: fc.constantFrom(...policyActions),
  principal: fc.record({
    organization: fc.constant('acme'),
    subject: fc.string(),
    roles: fc.subarray([...roles]),
  }),
  resource: fc.record(
    {
      purpose: fc.constantFrom(...purposes),
      assurance: fc.constantFrom(...assurances),
      keySpec: fc.constantFrom(...keySpecNames),
      custody: fc.constantFrom(...custodies),
      exportable: fc.boolean(),
      profile: fc.constantFrom('modern', 'compatible', 'pbmac1'),
    },
    { requiredKeys: ['purpose', 'assurance', 'keySpec', 'custody'] },
  ),
  context: fc.record({ thirdParty: fc.boolean(), agents: fc.nat(3) }, { requiredKeys: [] }),
});

const anyDecision: fc.Arbitrary<PolicyDecision> = fc.record({
  allowed: fc.boolean(),
  rules: fc.array(fc.string(), { minLength: 1 }),
  reason: fc.string(),
  contact: fc.string(),
  version: fc.string(),
});

const permission: PolicyDecision = {
  allowed: true,
  rules: ['anything-goes'],
  reason: 'Because.',
  contact: 'helpdesk@acme.example',
  version: 'lax-1',
};

function question(action: PolicyAction, resource: Partial<PolicyQuestion['resource']>): PolicyQuestion {
  return {
    action,
    principal: { organization: 'acme', subject: 'root', roles: ['administrator'] },
    resource: {
      purpose: 'identity',
      assurance: 'medium',
      keySpec: 'RSA_2048',
      custody: 'software',
      ...resource,
    },
  };
}

/** As no key spec is; records and requests come from outside. */
function weak(action: PolicyAction): PolicyQuestion {
  const asked = question(action, {});
  Reflect.set(asked.resource, 'keySpec', 'RSA_1024');
  return asked;
}

function released(context: PolicyContext): PolicyQuestion {
  return { ...question('ReleaseRecovered', { purpose: 'encryption' }), context };
}

function by(action: PolicyAction): PolicyQuestion {
  const asked = { ...question(action, { purpose: 'encryption' }), context: { thirdParty: true, agents: 2 } };
  return { ...asked, principal: { ...asked.principal, roles: ['auditor'] } };
}

describe('the floors', () => {
  it.each([
    ['escrowing an identity key', question('Escrow', {}), 'floor-identity-never-escrowed'],
    ['an identity key without a lock', question('LockByNothing', {}), 'floor-identity-never-held'],
    [
      'exporting a non-exportable key',
      question('Export', { purpose: 'encryption', exportable: false }),
      'floor-never-loosened',
    ],
    [
      'exporting it for older systems',
      question('ExportCompatible', { purpose: 'encryption', exportable: false }),
      'floor-never-loosened',
    ],
    ['exporting a key of which it is not known', question('Export', {}), 'floor-never-loosened'],
    [
      'letting a key leave that was made to stay',
      question('MakeExportable', { exportable: false }),
      'floor-never-loosened',
    ],
    ['making an RSA key of 1024 bits', weak('MakeKey'), 'floor-no-weak-rsa'],
    ['enrolling one', weak('Enroll'), 'floor-no-weak-rsa'],
    [
      'releasing a key to a third party by one agent',
      released({ thirdParty: true, agents: 1 }),
      'floor-two-agents',
    ],
    ['releasing one by nobody', released({}), 'floor-two-agents'],
    ['releasing one by no number of agents', released({ agents: Number.NaN }), 'floor-two-agents'],
    ['an auditor who agrees', by('ApproveRecovery'), 'floor-auditor-never-counts'],
    ['an auditor who hands over', by('ReleaseRecovered'), 'floor-auditor-never-counts'],
  ])('turn a permission of %s into a refusal', (_what, asked, rule) => {
    const held = holdFloors(asked, permission);
    expect(held).toMatchObject({ allowed: false, rules: [rule], version: 'lax-1' });
    expect(held.contact).toBe('helpdesk@acme.example');
    expect(held.reason).not.toBe(permission.reason);
  });

  it('are not crossed by any decision of any policy', () => {
    fc.assert(
      fc.property(anyQuestion, anyDecision, (asked, decision) => {
        const { action, principal, resource, context } = asked;
        const identity = resource.purpose === 'identity';
        const forOwner = context?.thirdParty === false;
        const crossing =
          (identity && (action === 'Escrow' || action === 'LockByNothing')) ||
          (['Export', 'ExportCompatible'].includes(action) && resource.exportable !== true) ||
          (action === 'MakeExportable' && resource.exportable === false) ||
          (action === 'ReleaseRecovered' && !forOwner && (context?.agents ?? 0) < 2) ||
          (['ApproveRecovery', 'ReleaseRecovered'].includes(action) && principal.roles.join() === 'auditor');
        const held = holdFloors(asked, decision);
        expect(held.allowed).toBe(decision.allowed && !crossing);
        expect(held.rules.length).toBeGreaterThan(0);
      }),
    );
  });

  it.each([
    ['an agent who is an auditor, too', ['recovery-agent', 'auditor']],
    ['a recovery agent', ['recovery-agent']],
  ] as const)('let two agents release: %s', (_who, roles) => {
    const asked = by('ReleaseRecovered');
    expect(holdFloors({ ...asked, principal: { ...asked.principal, roles } }, permission)).toBe(permission);
  });

  it('let one agent release to the subscriber, if policy does', () => {
    expect(holdFloors(released({ thirdParty: false, agents: 1 }), permission)).toBe(permission);
  });

  it('leave every other decision as it is, refusals with their own reasons included', () => {
    fc.assert(
      fc.property(anyQuestion, anyDecision, (asked, decision) => {
        const held = holdFloors(asked, decision);
        if (held.allowed === decision.allowed) expect(held).toBe(decision);
      }),
    );
  });
});

describe('a record', () => {
  const anyRecord = fc.record({
    purpose: fc.constantFrom(...purposes),
    keySpec: fc.constantFrom(...keySpecNames),
    exportable: fc.boolean(),
    escrow: fc.constantFrom('required', 'forbidden'),
    lock: fc.constantFrom(...lockKinds),
  });

  function refusedBy(record: Parameters<typeof holdRecordToFloors>[0]): ErrorCode | undefined {
    try {
      holdRecordToFloors(record);
      return undefined;
    } catch (error) {
      return error instanceof EscrowError ? error.code : 'internal';
    }
  }

  it('is held to the floors whatever else stands in it', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const { purpose, exportable, escrow, lock } = record;
        const identity = purpose === 'identity' && (escrow === 'required' || lock === 'held');
        const crossing = identity || (escrow === 'required' && !exportable);
        expect(refusedBy(record)).toBe(crossing ? 'enrollment-refused' : undefined);
      }),
    );
  });

  it.each<[string, object, string]>([
    ['an identity key in escrow', { escrow: 'required' }, 'floor-identity-never-escrowed'],
    ['an identity key without a lock', { lock: 'held' }, 'floor-identity-never-held'],
    ['RSA of 1024 bits', { keySpec: 'RSA_1024' }, 'floor-no-weak-rsa'],
    [
      'escrow of what cannot leave',
      { purpose: 'encryption', escrow: 'required', exportable: false },
      'floor-escrowed-before-ready',
    ],
  ])('of %s is refused by the floor that it crosses', (_what, members, rule) => {
    const record = { purpose: 'identity', keySpec: 'RSA_2048', exportable: true } as const;
    const stored = Object.assign({ ...record, escrow: 'forbidden', lock: 'password' } as const, members);
    expect(() => holdRecordToFloors(stored)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ rules: [rule] }) }),
    );
  });
});
