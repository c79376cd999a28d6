import type { DetailedError, ValidationError } from '@cedar-policy/cedar-wasm/web';
import { keySpecNames } from '#domain/key-spec.ts';
import { escrowKinds, lockKinds, policyStages } from '#domain/policy.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';
import { type Finding, mostFindings } from './finding.ts';
import { withCedar } from './load-cedar.ts';
import { plain, type Rule } from './rules.ts';
import { policySchema } from './schema.ts';
import { placeAtByte } from './source.ts';

/**
 * Holds rules to the schema, strictly, so that none can fail for what it names when it is asked.
 * @throws InternalError `internal` if Cedar cannot be loaded, or fails
 */
export async function checkSchema(cedar: string, rules: readonly Rule[]): Promise<Finding[]> {
  const staticPolicies = Object.fromEntries(rules.map(({ id, text }) => [id, text]));
  const answer = await withCedar((engine) =>
    engine.validate({ schema: policySchema, policies: { staticPolicies } }),
  );
  if (answer.type === 'failure') return answer.errors.map((error) => unplaced(error));
  // That a rule matches nothing is found by asking, and told with how many questions were tried.
  const others = answer.validationWarnings.filter(
    ({ error }) => !/impossible|applicable action/.test(error.message),
  );
  return [...answer.validationErrors, ...others]
    .slice(0, mostFindings)
    .map((found) => placed(found, cedar, rules));
}

function unplaced({ message, help }: DetailedError): Finding {
  const next = help === null ? 'Correct it.' : capital(plain(help));
  return { code: 'does-not-fit-schema', file: 'policy.cedar', why: `${capital(plain(message))}.`, next };
}

function placed({ policyId, error }: ValidationError, cedar: string, rules: readonly Rule[]): Finding {
  const rule = rules.find(({ id }) => id === policyId);
  const found = unplaced(error);
  if (rule === undefined) return found;
  const [at] = error.sourceLocations ?? [];
  const start = Buffer.byteLength(cedar.slice(0, rule.start)) + (at?.start ?? 0);
  return { ...found, ...placeAtByte(cedar, start), rule: rule.id };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The attributes that are one of a few words. A policy that compares them with another never means what it says. */
const words = new Map<string, readonly string[]>([
  ['purpose', purposes],
  ['assurance', assurances],
  ['custody', custodies],
  ['keySpec', keySpecNames],
  ['keyType', ['RSA', 'EC']],
  ['stage', policyStages],
  ['lock', lockKinds],
  ['escrow', escrowKinds],
  ['profile', ['modern', 'pbmac1']],
]);

/** Words that an attribute is compared with and never is: mistyped ones, most likely. */
export function checkWords(rules: readonly Rule[]): Finding[] {
  return rules.flatMap(({ id, line, column, mentions }) =>
    mentions.compared.flatMap(({ attribute, word }): Finding[] => {
      const known = words.get(attribute);
      if (known === undefined || known.includes(word)) return [];
      const why = `The rule ${id} compares ${attribute} with "${word.slice(0, 40)}", which it never is.`;
      const next = `Use one of: ${known.join(', ')}.`;
      return [{ code: 'unknown-word', file: 'policy.cedar', rule: id, line, column, why, next }];
    }),
  );
}
