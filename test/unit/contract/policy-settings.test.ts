import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { policySettingsSchema } from '#contract/policy-settings.ts';
import { issuesOf } from '#test/support/issues-of.ts';
import general from '../../../policies/general.json' with { type: 'json' };

function fieldsAtFault(settings: unknown): string[] {
  return issuesOf(policySettingsSchema, settings).map(({ field }) => field);
}

describe('policy settings', () => {
  it('of the general policy are good', () => {
    expect(v.parse(policySettingsSchema, general)).toEqual(general);
  });

  it('of the general policy keep an identity key at medium-hardware where it is made, and no other', () => {
    expect(general.exportable).toEqual({
      identity: { medium: true, 'medium-token': true, 'medium-hardware': false },
      encryption: { medium: true, 'medium-token': true, 'medium-hardware': true },
    });
  });

  it.each([
    ['version', { ...general, version: '' }],
    ['exportable', { ...general, exportable: undefined }],
    ['exportable.identity', { ...general, exportable: { encryption: general.exportable.encryption } }],
    ['escrow.identity', { ...general, escrow: { identity: true, encryption: true } }],
    ['profiles', { ...general, profiles: [] }],
    ['profiles.0', { ...general, profiles: ['oldest'] }],
    ['heldAllowed', { ...general, heldAllowed: 'no' }],
    ['passwordRules.minimumLength', { ...general, passwordRules: { minimumLength: 7, maximumLength: 128 } }],
    ['passwordRules.maximumLength', { ...general, passwordRules: { minimumLength: 8, maximumLength: 129 } }],
    ['passwordRules.maximumLength', { ...general, passwordRules: { minimumLength: 64, maximumLength: 20 } }],
    ['retentionDays', { ...general, retentionDays: 0 }],
    ['retentionDays', { ...general, retentionDays: 1.5 }],
    ['escrowIdentity', { ...general, escrowIdentity: true }],
  ])('with a wrong %s are refused there', (field, settings) => {
    expect(fieldsAtFault(settings)).toEqual([field]);
  });

  it.each([
    ['retentionDays', { ...general, retentionDays: 424_242 }, 'is not valid: expected <=36500'],
    ['version', { ...general, version: '424242'.repeat(20) }, 'is not valid: expected <=64'],
    ['profiles.0', { ...general, profiles: ['424242'] }, 'is not one of the known words'],
  ])('say of a wrong %s what it may be, and not what it is', (field, settings, why) => {
    const [issue] = issuesOf(policySettingsSchema, settings);
    expect(issue).toMatchObject({ field, why });
    expect(JSON.stringify(issue)).not.toContain('424242');
  });
});
