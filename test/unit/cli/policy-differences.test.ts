import { describe, expect, it } from 'vitest';
import { Tally } from '../../../cli/policies/differences.ts';
import { tellDifferences } from '../../../cli/views/differences.ts';

const lost = {
  change: 'loses-export',
  profiles: ['modern'],
  reason: 'No copies here.',
  rules: ['no-copies'],
} as const;
const due = { change: 'needs-escrow', reason: 'It is escrowed.', rules: ['escrow'] } as const;

type Page = Parameters<Tally['add']>[0];
type Changes = Page['enrollments'][number]['changes'];

function page(ids: readonly string[], changes: readonly Changes[number][], more: Partial<Page> = {}): Page {
  const enrollments = ids.map((id) => ({
    ...{ id, subscriberId: `of-${id}`, purpose: 'encryption' as const },
    changes: [...changes],
  }));
  return { version: '1', evaluated: 100, enrollments, ...more };
}

function tallyOf(...pages: Page[]): Tally {
  const tally = new Tally();
  for (const each of pages) expect(tally.add(each)).toBe(true);
  return tally;
}

describe('what another policy would change', () => {
  it('is told by numbers over all pages, what concerns most first, each with why and three examples', () => {
    const changedLost: Changes[number] = { ...lost, profiles: [...lost.profiles], rules: [...lost.rules] };
    const changedDue: Changes[number] = { ...due, rules: [...due.rules] };
    const tally = tallyOf(page(['a'], [changedDue]), page(['b', 'c', 'd', 'e'], [changedLost]));
    expect(tellDifferences(tally).split('\n')).toEqual([
      '4 enrollments lose export (modern)',
      '  reason   No copies here.',
      '  rules    no-copies',
      '  as       b (encryption, of-b)',
      '  as       c (encryption, of-c)',
      '  as       d (encryption, of-d)',
      '           and 1 more: --json names all',
      '1 enrollment now needs escrow',
      '  reason   It is escrowed.',
      '  rules    escrow',
      '  as       a (encryption, of-a)',
      '200 enrollments were compared; something would change for 5.',
    ]);
    expect(tally.asJson()).toMatchObject({
      version: '1',
      evaluated: 200,
      changes: [
        { change: 'loses-export', count: 4 },
        { change: 'needs-escrow', count: 1 },
      ],
      enrollments: [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }, { id: 'e' }],
    });
  });

  it('is said to be nothing where it is', () => {
    expect(tellDifferences(tallyOf(page([], [], { evaluated: 1 })))).toBe(
      '1 enrollment was compared: nothing would change for any of them.',
    );
  });

  it.each([
    ['another version decides', { version: '2' }],
    ['something else is proposed', { document: '0'.repeat(64) }],
  ])('is not put together from pages between which %s', (_what, more) => {
    const tally = tallyOf(page([], []));
    expect(tally.add(page([], [], more))).toBe(false);
    expect(tally.evaluated).toBe(100);
  });

  it('is told without what would move the cursor of a terminal', () => {
    const reason = 'Red \u001b[31m rule';
    const text = tellDifferences(tallyOf(page(['a'], [{ ...due, rules: ['escrow'], reason }])));
    expect(text).not.toContain('\u001b');
  });
});
