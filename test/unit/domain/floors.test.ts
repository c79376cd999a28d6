import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#domain/error-codes.ts';
import { EscrowError } from '#domain/errors.ts';
import { holdFloors, holdRecordToFloors } from '#domain/floors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { lockKinds, type PolicyAction, type PolicyDecision, type PolicyQuestion } from '#domain/policy.ts';
import { roles } from '#domain/principal.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';

const actions: PolicyAction[] = [
  'Enroll',
  'MakeExportable',
  'Escrow',
  'LockByPassword',
  'LockByRecipient',
  'LockByNothing',
  'Export',
];

const anyQuestion: fc.Arbitrary<PolicyQuestion> = fc.record({
  action: fc.constantFrom(...actions),
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

describe('the floors', () => {
  it.each([
    ['escrowing an identity key', question('Escrow', {}), 'floor-identity-never-escrowed'],
    ['an identity key without a lock', question('LockByNothing', {}), 'floor-identity-never-held'],
    [
      'exporting a non-exportable key',
      question('Export', { purpose: 'encryption', exportable: false }),
      'floor-never-loosened',
    ],
  ])('turn a permission of %s into a refusal', (_what, asked, rule) => {
    const held = holdFloors(asked, permission);
    expect(held).toMatchObject({ allowed: false, rules: [rule], version: 'lax-1' });
    expect(held.contact).toBe('helpdesk@acme.example');
    expect(held.reason).not.toBe(permission.reason);
  });

  it('are not crossed by any decision of any policy', () => {
    fc.assert(
      fc.property(anyQuestion, anyDecision, (asked, decision) => {
        const { action, resource } = asked;
        const identity = resource.purpose === 'identity';
        const crossing =
          (identity && (action === 'Escrow' || action === 'LockByNothing')) ||
          (action === 'Export' && resource.exportable === false);
        const held = holdFloors(asked, decision);
        expect(held.allowed).toBe(decision.allowed && !crossing);
        expect(held.rules.length).toBeGreaterThan(0);
      }),
    );
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
});
