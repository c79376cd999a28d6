import type * as v from 'valibot';
import { parse } from '#contract/parse.ts';
import { type FieldIssue, InputError } from '#domain/errors.ts';

/** What `parse` finds wrong with a value, a field each; nothing if it takes it. */
export function issuesOf(schema: v.GenericSchema, value: unknown): readonly FieldIssue[] {
  try {
    parse(schema, value);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.details.issues ?? [];
    throw error;
  }
}
