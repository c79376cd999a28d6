import type { PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { evaluationError } from '#domain/policy.ts';
import type { Finding, Place } from './finding.ts';
import { type Cedar, withCedar } from './load-cedar.ts';
import { type Mentions, mentionsOf } from './mentions.ts';
import { placeAt, placeAtByte, type RuleSource, splitRules } from './source.ts';

/** One rule of a policy. */
export interface Rule extends RuleSource, Place {
  /** Its `@id`: it names the rule in decisions, receipts and records. */
  id: string;
  effect: 'permit' | 'forbid';
  /** Its `@reason`, for whoever is permitted or refused. */
  reason: string;
  /** Its `@contact`, in place of the organization's. */
  contact?: string;
  /** The actions that its scope names; undefined for every one. */
  actions: ReadonlySet<string> | undefined;
  mentions: Mentions;
}

/** Rules that every policy has, whatever its text says; no rule may be called the same. */
export const builtInRules = {
  error: {
    id: evaluationError,
    reason: 'The policy failed on this question, and what fails is refused.',
  },
  none: { id: 'no-rule-permits', reason: 'No rule of the policy permits this.' },
} as const;

/**
 * Reads a policy's text. What is found makes it unusable: nothing is evaluated then.
 * @throws InternalError `internal` if Cedar cannot be loaded, or fails
 */
export async function readRules(cedar: string): Promise<{ rules: Rule[]; findings: Finding[] }> {
  const { rules: sources, findings } = splitRules(cedar);
  if (findings.length > 0) return { rules: [], findings };
  return await withCedar((engine) => {
    const errors = parseErrors(engine, cedar);
    if (errors.length > 0) return { rules: [], findings: errors };
    const read = sources.map((source) => readRule(engine, source, cedar));
    const rules = read.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
    return { rules, findings: [...read.flatMap((each) => each.findings), ...idsGivenTwice(rules)] };
  });
}

function parseErrors(engine: Cedar, cedar: string): Finding[] {
  const answer = engine.checkParsePolicySet({ staticPolicies: cedar });
  if (answer.type === 'success') return [];
  return answer.errors.map(({ message, help, sourceLocations: [at] = [] }) => ({
    ...unparsed({ message, help, expected: at?.label }),
    file: 'policy.cedar',
    ...(at !== undefined && placeAtByte(cedar, at.start)),
  }));
}

function unparsed(error: { message: string; help: string | null; expected?: string | null | undefined }) {
  const why = `It does not parse: ${plain(error.message)}.`;
  return { code: 'does-not-parse', why, next: nextOf(error.help, error.expected) } as const;
}

/** Cedar's own words without what only its authors need. */
export function plain(message: string): string {
  return message
    .replace(/^failed to parse polic(?:y|ies) from string: /, '')
    .replace(/(?:^|, ?)?for policy `[^`]*`[:,]? /g, '')
    .replaceAll('__cedar::internal::', '');
}

function nextOf(help: string | null | undefined, expected: string | null | undefined): string {
  const told = help ?? expected ?? '';
  return told === '' ? 'Correct it.' : `${told.charAt(0).toUpperCase()}${plain(told.slice(1))}.`;
}

function readRule(
  engine: Cedar,
  source: RuleSource,
  cedar: string,
): { rule?: Rule; findings: readonly Finding[] } {
  const place = placeAt(cedar, source.start);
  const answer = engine.policyToJson(source.text);
  if (answer.type === 'failure') {
    const found = answer.errors.map((error) => ({
      ...unparsed(error),
      file: 'policy.cedar' as const,
      ...place,
    }));
    return { findings: found };
  }
  const { json } = answer;
  const { id, reason, contact } = json.annotations ?? {};
  const findings = annotationFaults({ ...json.annotations }).map(
    ({ why, next }): Finding => ({ code: 'annotation', file: 'policy.cedar', ...place, why, next }),
  );
  if (findings.length > 0 || typeof id !== 'string' || typeof reason !== 'string') return { findings };
  const facts = { id, reason, effect: json.effect, actions: actionsOf(json), mentions: mentionsOf(json) };
  return {
    rule: { ...source, ...place, ...facts, ...(typeof contact === 'string' && { contact }) },
    findings,
  };
}

interface Fault {
  why: string;
  next: string;
}

/** As an annotation without a value is read: null. */
function annotationFaults(annotations: Record<string, string | null>): Fault[] {
  const { id, reason, contact, ...others } = annotations;
  const told = 'Say in a sentence why the rule is there: @reason("...").';
  return [
    ...(typeof id === 'string'
      ? idFaults(id)
      : [{ why: 'The rule has no name.', next: 'Put @id("some-name") before it.' }]),
    ...(typeof reason === 'string' && isSentence(reason)
      ? []
      : [{ why: 'The rule gives no reason that a person could read.', next: told }]),
    ...(contact === undefined || (typeof contact === 'string' && isLine(contact, 200))
      ? []
      : [
          {
            why: 'Its contact is empty, too long, or no plain text.',
            next: 'Write an address or a name: @contact("...").',
          },
        ]),
    ...Object.keys(others).map((name) => ({
      why: `There is no annotation @${name}.`,
      next: 'Leave it out: a rule has @id, @reason and @contact.',
    })),
  ];
}

function idFaults(id: string): Fault[] {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(id)) {
    return [
      {
        why: 'The name of the rule is not as names are.',
        next: 'Use small letters, digits and dashes, up to 64.',
      },
    ];
  }
  const reserved: readonly string[] = [builtInRules.error.id, builtInRules.none.id];
  if (!id.startsWith('floor-') && !reserved.includes(id)) return [];
  return [{ why: `The name ${id} is one of the service's own.`, next: 'Choose another.' }];
}

function isSentence(text: string): boolean {
  return isLine(text, 300) && /^\p{Lu}.*[.!?]$/u.test(text);
}

function isLine(text: string, longest: number): boolean {
  return (
    text.trim() !== '' &&
    text.length <= longest &&
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]/u.test(text)
  );
}

function actionsOf({ action }: PolicyJson): ReadonlySet<string> | undefined {
  if (action.op === 'All') return undefined;
  const entities = 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : [];
  return new Set(entities.map((entity) => ('__entity' in entity ? entity.__entity.id : entity.id)));
}

function idsGivenTwice(rules: readonly Rule[]): Finding[] {
  const first = new Map<string, Rule>();
  return rules.flatMap((rule) => {
    const before = first.get(rule.id);
    if (before === undefined) first.set(rule.id, rule);
    if (before === undefined) return [];
    const { id, line, column } = rule;
    const why = `A rule called ${id} stands in line ${before.line} already.`;
    return [
      {
        code: 'annotation',
        file: 'policy.cedar',
        rule: id,
        line,
        column,
        why,
        next: 'Give each its own name.',
      },
    ];
  });
}
