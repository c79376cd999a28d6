import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { accountRoutes } from '#contract/api/accounts.ts';
import type { Route } from '#contract/api/route.ts';
import { routes } from '#contract/routes.ts';
import { issuesOf } from '#test/support/issues-of.ts';

/** A choice among words: a picklist, or the key by which the forms of an object are told apart. */
interface Choice {
  words: readonly unknown[];
  of(word: unknown): { schema: v.GenericSchema; value: unknown };
}

const picklist = v.looseObject({ type: v.literal('picklist'), options: v.array(v.unknown()) });
const form = v.looseObject({ entries: v.record(v.string(), v.unknown()) });
const variant = v.looseObject({ type: v.literal('variant'), key: v.string(), options: v.array(form) });

/** Every choice in a schema, wherever it stands. */
function choicesIn(part: unknown): Choice[] {
  if (typeof part !== 'object' || part === null) return [];
  const deeper = Object.values(part).flatMap(choicesIn);
  return isSchema(part) ? [...choiceOf(part), ...deeper] : deeper;
}

function isSchema(value: object): value is v.GenericSchema {
  return 'kind' in value && value.kind === 'schema';
}

function choiceOf(schema: v.GenericSchema): Choice[] {
  const asPicklist = v.safeParse(picklist, schema);
  if (asPicklist.success) return [{ words: asPicklist.output.options, of: (value) => ({ schema, value }) }];
  const asVariant = v.safeParse(variant, schema);
  if (!asVariant.success) return [];
  const { key, options } = asVariant.output;
  const words = options.map(
    ({ entries }) => v.parse(v.looseObject({ literal: v.string() }), entries[key]).literal,
  );
  return [{ words, of: (word) => ({ schema, value: { [key]: word } }) }];
}

const all: Readonly<Record<string, Route>> = { ...routes, ...accountRoutes };
const found = Object.entries(all).flatMap(([name, { params, query, body }]) =>
  choicesIn([params, query, body.schema]).map((choice) => [name, choice.words.join(', '), choice] as const),
);

describe('a choice that a request makes', () => {
  it('is found in the schemas', () => {
    const names = new Set(found.map(([name]) => name));
    expect([...names]).toEqual(
      expect.arrayContaining(['requestEnrollment', 'exportCopy', 'setUpOrganization']),
    );
  });

  it.each(found)(
    'by %s is answered with the words that there are, if it is none of them: %s',
    (_name, _words, { of, words }) => {
      const { schema, value } = of('MARKED');
      const [issue, ...more] = issuesOf(schema, value);
      expect(more).toEqual([]);
      for (const word of words) expect(issue?.next).toContain(String(word));
      expect(JSON.stringify(issue)).not.toContain('MARKED');
    },
  );
});

describe('a copy', () => {
  const wrong = (unlock: unknown) =>
    issuesOf(routes.exportCopy.body.schema, { unlock, filePassword: { is: 'same' } });

  it.each([
    [{ by: 'key' }, { field: 'unlock.by', why: 'is not one of the known words' }],
    [{}, { field: 'unlock.by', why: 'is missing' }],
  ])('unlocked by %j is told by what it may be', (unlock, told) => {
    expect(wrong(unlock)).toEqual([{ ...told, next: 'Use one of: password, wrapped-key, nothing.' }]);
  });

  it('unlocked by no object is told so', () => {
    expect(wrong('MARKED')).toMatchObject([{ field: 'unlock', why: 'is not an object' }]);
  });
});
