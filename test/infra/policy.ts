import * as v from 'valibot';

const oneOrMore = v.pipe(
  v.union([v.string(), v.array(v.unknown())]),
  v.transform((value) => (Array.isArray(value) ? value : [value])),
);
const statement = v.object({
  Effect: v.picklist(['Allow', 'Deny']),
  Action: oneOrMore,
  Principal: v.unknown(),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), v.unknown())), {}),
});
const document = v.object({ Statement: v.array(statement) });
type Statement = v.InferOutput<typeof statement>;

/** What a request brings: the condition keys that it sets. A key that it does not set is absent. */
export type RequestContext = Readonly<Record<string, string>>;

/** How an operator holds the expected value against the one of the request (absent: undefined). */
const operators: Readonly<Record<string, (actual: string | undefined, expected: string) => boolean>> = {
  Bool: (actual, expected) => actual === expected,
  Null: (actual, expected) => (actual === undefined) === (expected === 'true'),
  NumericGreaterThan: (actual, expected) => actual !== undefined && Number(actual) > Number(expected),
  NumericLessThan: (actual, expected) => actual !== undefined && Number(actual) < Number(expected),
  StringEquals: (actual, expected) => actual === expected,
  // A negated operator holds for a key that is absent.
  StringNotEquals: (actual, expected) => actual !== expected,
};

/**
 * Decides as IAM would for the operators that the stacks use, so that a test can ask what a policy does instead of how
 * it is written. Values that the template fills in later (a reference to a key) are compared as JSON.
 */
export class Policy {
  readonly #statements: readonly Statement[];

  constructor(written: unknown) {
    this.#statements = v.parse(document, written).Statement;
  }

  /** Whether a statement for everybody denies the action under these conditions. */
  deniesEverybody(action: string, context: RequestContext = {}): boolean {
    return this.#statements.some(
      (candidate) =>
        candidate.Effect === 'Deny' &&
        JSON.stringify(candidate.Principal) === '{"AWS":"*"}' &&
        covers(candidate, action) &&
        holds(candidate, context),
    );
  }

  /** Whether any statement allows the action to anybody under these conditions. */
  allowsAnybody(action: string, context: RequestContext = {}): boolean {
    return this.#statements.some(
      (candidate) => candidate.Effect === 'Allow' && covers(candidate, action) && holds(candidate, context),
    );
  }
}

/** A template's value as one string, as the evaluator compares it: a list of alternatives keeps its parts. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function covers({ Action }: Statement, action: string): boolean {
  return Action.some((pattern) => {
    const [beforeStar, afterStar] = asText(pattern).split('*');
    return afterStar === undefined ? pattern === action : action.startsWith(beforeStar ?? '');
  });
}

function holds({ Condition }: Statement, context: RequestContext): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const compare = operators[operator];
      if (compare === undefined) throw new Error(`the evaluator does not know the operator ${operator}`);
      const alternatives = Array.isArray(expected) ? expected : [expected];
      return alternatives.some((alternative) => compare(context[key], asText(alternative)));
    }),
  );
}
