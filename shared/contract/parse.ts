import * as v from 'valibot';
import { type FieldIssue, InputError } from '#domain/errors.ts';

/**
 * The value as the schema reads it.
 * @throws InputError `invalid-input`, naming every field at fault
 */
export function parse<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issues = fieldIssues(result.issues);
  const [first] = issues;
  throw new InputError('invalid-input', { ...first, issues });
}

/** What a schema found, one issue a field: the first that it found there. Values are never repeated. */
export function fieldIssues(found: readonly v.BaseIssue<unknown>[]): FieldIssue[] {
  const byField = new Map<string, FieldIssue>();
  for (const issue of found.map(describe)) {
    if (!byField.has(issue.field)) byField.set(issue.field, issue);
  }
  return [...byField.values()];
}

/** The name of an unknown field is the sender's own words: it is told where it reads like a name, and is no longer. */
const fieldName = /^[\w.-]{1,64}$/;

function describe(issue: v.BaseIssue<unknown>): FieldIssue {
  const field = v.getDotPath(issue) ?? '(whole)';
  if (issue.type === 'strict_object') {
    if (issue.received === 'undefined') return { field, why: 'is missing', next: 'Add it.' };
    if (issue.expected !== 'never') {
      return { field, why: 'is not an object', next: 'Send a value of the documented type.' };
    }
    const told = fieldName.test(field) ? field : '(unnamed)';
    return { field: told, why: 'is not a known field', next: 'Leave it out, or check its spelling.' };
  }
  if (!ourMessage.test(issue.message)) return { field, ...inOurWords(issue) };
  const [why = 'is not valid', next = 'Correct it.'] = issue.message.split('|');
  return { field, why, next };
}

/** The library's own messages begin with a capital letter, and repeat the value. */
const ourMessage = /^[a-z][^|]*\|/;

function inOurWords(issue: v.BaseIssue<unknown>): Omit<FieldIssue, 'field'> {
  const { kind, type, received, expected } = issue;
  if (type === 'variant') return noSuchForm(issue);
  if (kind === 'schema') {
    const why = received === 'undefined' ? 'is missing' : `is not a valid ${type}`;
    return { why, next: 'Send a value of the documented type.' };
  }
  return { why: `is not valid${expected === null ? '' : `: expected ${expected}`}`, next: 'Correct it.' };
}

/** Of several forms of an object, which a word in it tells apart: that the word is missing or is none of those, or the object is. */
function noSuchForm({ received, expected }: v.BaseIssue<unknown>): Omit<FieldIssue, 'field'> {
  const words = [...(expected ?? '').matchAll(/"([^"]+)"/g)].map(([, word]) => word);
  if (words.length === 0) return { why: 'is not an object', next: 'Send a value of the documented type.' };
  const why = received === 'undefined' ? 'is missing' : 'is not one of the known words';
  return { why, next: `Use one of: ${words.join(', ')}.` };
}
