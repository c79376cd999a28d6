import * as v from 'valibot';
import { policySettingsSchema } from '#contract/policy-settings.ts';
import type { PolicySettings } from '#domain/organization.ts';
import file from '../../policies/general.json' with { type: 'json' };

/** The default policy, as the service reads it. */
export const generalPolicy: PolicySettings = v.parse(policySettingsSchema, file);
