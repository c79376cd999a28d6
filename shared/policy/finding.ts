import { type FieldIssue, InputError } from '#domain/errors.ts';

/** What can be wrong with a policy. */
export type FindingCode =
  /** Too long, not text, or more than is read. */
  | 'too-much'
  | 'not-text'
  /** Nested or chained more deeply than is evaluated. */
  | 'too-deep'
  | 'does-not-parse'
  /** A template: a rule with a slot in it. */
  | 'template'
  | 'annotation'
  | 'does-not-fit-schema'
  /** A word that an attribute never is. */
  | 'unknown-word'
  | 'permits-nothing'
  | 'matches-nothing'
  /** A rule that fails on a question that could be asked. */
  | 'fails'
  /** A permission that a floor takes back. */
  | 'crosses-floor'
  | 'tests-unreadable'
  | 'no-tests'
  | 'test-fails';

/** Where in a text: both from 1, the column in characters. */
export interface Place {
  line: number;
  column: number;
}

/** One thing that is wrong with a policy, for a person to read. */
export interface Finding extends Partial<Place> {
  code: FindingCode;
  file: 'policy.cedar' | 'tests.json';
  /** The `@id` of the rule at fault. */
  rule?: string;
  /** What is wrong, as a sentence. */
  why: string;
  /** What to do, as a sentence. */
  next: string;
}

/** So many are told at most: who corrects a hundred checks again. */
export const mostFindings = 100;

/** Where a finding is, as compilers write it: `policy.cedar:3:5`. */
export function placeOf({ file, line, column }: Finding): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** The findings as one refusal: the first of them in its words, all of them as issues. */
export function refusalOf(findings: readonly Finding[]): InputError {
  const issues = findings
    .slice(0, mostFindings)
    .map((finding): FieldIssue => ({ field: placeOf(finding), why: finding.why, next: finding.next }));
  return new InputError('invalid-input', { ...issues[0], issues });
}
