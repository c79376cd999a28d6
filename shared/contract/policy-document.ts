import * as v from 'valibot';
import { keySpecNames } from '#domain/key-spec.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { escrowKinds, lockKinds, policyActions, policyStages } from '#domain/policy.ts';
import { type PolicyDocument, type PolicyFacts, policyLimits } from '#domain/policy-document.ts';
import { roles } from '#domain/principal.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';
import { oneOf, text } from './fields.ts';

const count = (most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most, `is more than ${most}|Lower it.`));
const name = text(1, 128);
const several = <T extends v.GenericSchema>(schema: T) => v.pipe(v.array(schema), v.maxLength(64));

const facts = {
  action: oneOf(policyActions),
  roles: v.exactOptional(several(oneOf(roles))),
  groups: v.exactOptional(several(name)),
  subject: v.exactOptional(name),
  purpose: oneOf(purposes),
  assurance: v.exactOptional(oneOf(assurances)),
  custody: v.exactOptional(oneOf(custodies)),
  keySpec: v.exactOptional(oneOf(keySpecNames)),
  stage: v.exactOptional(oneOf(policyStages)),
  exportable: v.exactOptional(v.boolean()),
  lock: v.exactOptional(oneOf(lockKinds)),
  escrow: v.exactOptional(oneOf(escrowKinds)),
  subscriber: v.exactOptional(name),
  profile: v.exactOptional(oneOf(pfxProfiles)),
  length: v.exactOptional(count(1024)),
  thirdParty: v.exactOptional(v.boolean()),
  agents: v.exactOptional(count(16)),
};

/** A question of a policy, as its own tests, the command line and the API ask it. */
export const policyFactsSchema: v.GenericSchema<unknown, PolicyFacts> = v.strictObject(facts);

/** The content of `tests.json`: a policy's own questions, and what it must answer. */
export const policyTestsSchema: v.GenericSchema<unknown, PolicyDocument['tests']> = v.pipe(
  v.array(
    v.strictObject({
      name: v.exactOptional(text(1, 200)),
      ...facts,
      expect: oneOf(['allowed', 'refused']),
      rules: v.exactOptional(several(name)),
      reason: v.exactOptional(text(1, 2000)),
    }),
  ),
  v.maxLength(policyLimits.tests, `has more than ${policyLimits.tests} tests|Leave some out.`),
);

/** The text of a policy: bounded here in characters, and by whoever reads it in bytes. */
export const policyTextSchema = v.pipe(
  v.string(),
  v.maxLength(policyLimits.cedarBytes, 'is longer than 64 KiB|Shorten it: no policy needs so many rules.'),
);

/** A policy as an organization publishes it. That it is a good one, only `checkPolicy` says. */
export const policyDocumentSchema: v.GenericSchema<unknown, PolicyDocument> = v.strictObject({
  cedar: policyTextSchema,
  tests: policyTestsSchema,
});
