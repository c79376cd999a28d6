import * as v from 'valibot';
import type { PolicySettings } from '#domain/organization.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { oneOf } from './fields.ts';

const byAssurance = v.strictObject({
  medium: v.boolean(),
  'medium-token': v.boolean(),
  'medium-hardware': v.boolean(),
});

/** An organization's choices, as a file under `policies/` holds them. */
export const policySettingsSchema: v.GenericSchema<unknown, PolicySettings> = v.strictObject({
  version: v.pipe(v.string(), v.nonEmpty(), v.maxLength(64)),
  exportable: v.strictObject({ identity: byAssurance, encryption: byAssurance }),
  // A floor: a signature key is never escrowed.
  escrow: v.strictObject({
    identity: v.literal(false, 'is not false: a signature key is never escrowed|Write false.'),
    encryption: v.boolean(),
  }),
  profiles: v.pipe(
    v.array(oneOf(pfxProfiles)),
    v.minLength(1, `is empty|Name at least one of: ${pfxProfiles.join(', ')}.`),
  ),
  heldAllowed: v.boolean(),
  passwordRules: v.pipe(
    v.strictObject({
      minimumLength: v.pipe(v.number(), v.integer(), v.minValue(8)),
      maximumLength: v.pipe(v.number(), v.integer(), v.maxValue(128)),
    }),
    v.forward(
      v.partialCheck(
        [['minimumLength'], ['maximumLength']],
        ({ minimumLength, maximumLength }) => minimumLength <= maximumLength,
        'is less than the minimum|No password could be set: raise it.',
      ),
      ['maximumLength'],
    ),
  ),
  retentionDays: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(36_500)),
});
