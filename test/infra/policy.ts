import * as v from 'valibot';
import { listOf } from './template.ts';

const oneOrMore = v.pipe(
  v.optional(v.unknown(), []),
  v.transform((value) => listOf(value).map(String)),
);
const statement = v.object({
  Effect: v.picklist(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore,
  Principal: v.optional(v.unknown()),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), oneOrMore)), {}),
});
const document = v.object({ Statement: v.pipe(v.unknown(), v.transform(listOf), v.array(statement)) });
export type Statement = v.InferOutput<typeof statement>;

/** What a request brings: the condition keys that it sets, some with several values. A key that it does not set is absent. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** The policies use these operators; one value of the request is held against one of the policy. */
const operators: Readonly<Record<string, (actual: string, expected: string) => boolean>> = {
  ArnEquals: like,
  ArnLike: like,
  Bool: (actual, expected) => actual === expected,
  NumericGreaterThan: (actual, expected) => Number(actual) > Number(expected),
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
  StringEquals: (actual, expected) => actual === expected,
  StringLike: like,
};
const negated: Readonly<Record<string, string>> = {
  ArnNotEquals: 'ArnLike',
  StringNotEquals: 'StringEquals',
};

/** The statements of a policy, with what the template refers to filled in. */
export function statementsOf(written: unknown): readonly Statement[] {
  return v.parse(document, written).Statement;
}

/** Whether the statement is about the action, under these conditions. */
export function isAbout(candidate: Statement, action: string, context: RequestContext): boolean {
  const { Action, Condition } = candidate;
  return Action.some((pattern) => like(action, pattern)) && holds(Condition, context);
}

/** Whether the statement is about the resource; a policy of the resource itself may say just `*`. */
export function isOn({ Resource }: Statement, resource: string): boolean {
  return Resource.some((pattern) => like(resource, pattern));
}

/** Whether every condition holds for what the request brings, as IAM would decide. */
function holds(conditions: Statement['Condition'], context: RequestContext): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const actual = context[key];
      return condition(operator, actual === undefined ? [] : listOf(actual).map(String), expected);
    }),
  );
}

function condition(operator: string, actual: readonly string[], expected: readonly string[]): boolean {
  if (operator === 'Null') return expected.includes(actual.length === 0 ? 'true' : 'false');
  const [, quantifier, plain, ifExists] = /^(?:(ForAllValues):)?(.+?)(IfExists)?$/.exec(operator) ?? [];
  const name = negated[plain ?? ''];
  const compare = operators[name ?? plain ?? ''];
  if (compare === undefined) throw new Error(`the evaluator does not know the operator ${operator}`);
  const matches = (value: string) => expected.some((one) => compare(value, one));
  if (ifExists !== undefined && actual.length === 0) return true;
  // Holds where there is nothing, and so do negated operators; the others do not.
  if (quantifier !== undefined) return actual.every(matches);
  return name === undefined ? actual.some(matches) : !actual.some(matches);
}

/** Whether a text has the form of a pattern, where `*` stands for anything. */
export function like(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}
