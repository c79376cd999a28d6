import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { marks, stateKey, subscriberKey } from '#adapters/dynamodb/aggregate-row.ts';
import { deadLettersOf } from '#adapters/dynamodb/dead-letter-rows.ts';
import { feedOf } from '#adapters/dynamodb/feed-pages.ts';
import { partitionOf } from '#adapters/dynamodb/ledger-chain.ts';
import { noticesOf } from '#adapters/dynamodb/notice-rows.ts';
import { identifier } from '#contract/fields.ts';
import { enrollmentStates } from '#domain/enrollment.ts';
import { purposes } from '#domain/purpose.ts';

/** Names as they may be, made of what might be taken for one another. */
const organization = fc
  .array(fc.constantFrom('a', 'B', '7', '.', '_', '-', 'making', 'identity'), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
  .filter((name) => v.is(identifier, name));
/** The subject of a token may be nearly anything. */
const subject = fc.string({ unit: fc.constantFrom('a', 'B', '#', '/', ' ', '7', '.'), maxLength: 8 });

describe('what separates tenants in the tables', () => {
  it('stands in no identifier', () => {
    for (const separator of ['#', '/', '$', ' ', '\n', '\u0000', '：', '＃']) {
      for (const name of [separator, `a${separator}`, `a${separator}b`, `${separator}b`]) {
        expect(v.is(identifier, name)).toBe(false);
      }
    }
    expect(v.is(identifier, '-')).toBe(false);
  });

  it('keeps every two organizations apart, whatever else is named in a key', () => {
    const state = fc.constantFrom(...enrollmentStates);
    const purpose = fc.constantFrom(...purposes);
    const keys = fc.tuple(organization, subject, state, purpose).map(([name, who, of, what]) => ({
      name,
      // By the index or the table that it is a partition of.
      partitions: {
        'by-state': [stateKey(name, of, what)],
        'by-subscriber': [subscriberKey(name, who)],
        'by-mark': [marks.leftovers(name), marks.organizations],
        activity: [
          feedOf(name),
          noticesOf(name),
          deadLettersOf(name),
          `claims#${name}`,
          `notice-ids#${name}`,
        ],
        ledger: [partitionOf(name)],
      },
    }));
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        fc.pre(one.name !== other.name);
        const shared = { ...one.partitions, 'by-mark': [marks.leftovers(one.name)] };
        for (const [index, partitions] of Object.entries(other.partitions)) {
          const own: Record<string, string[]> = shared;
          expect(partitions.filter((each) => own[index]?.includes(each))).toEqual([]);
        }
      }),
    );
  });
});
