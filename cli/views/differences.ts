import { printable } from '#domain/plain-words.ts';
import type { Change, Tally } from '../policies/differences.ts';

/** So many are named of each kind of change. */
const examples = 3;

/** What a change means, for one enrollment and for several. */
const meanings: Readonly<Record<Change['change'], readonly [one: string, several: string]>> = {
  refused: ['would be refused: its key is not made yet', 'would be refused: their keys are not made yet'],
  'loses-export': ['loses export', 'lose export'],
  'gains-export': ['gains export', 'gain export'],
  'needs-escrow': ['now needs escrow', 'now need escrow'],
  'needs-escrow-in-vain': [
    'would need escrow, and cannot have it: its key was made to stay in custody',
    'would need escrow, and cannot have it: their keys were made to stay in custody',
  ],
  'needs-no-escrow': ['needs escrow no more', 'need escrow no more'],
};

/** The numbers first, each with why and some examples. */
export function tellDifferences({ evaluated, changed, changes }: Tally): string {
  const all = `${evaluated} ${evaluated === 1 ? 'enrollment was' : 'enrollments were'} compared`;
  if (changes.length === 0) return `${all}: nothing would change for any of them.`;
  const lines = [...changes.flatMap(tellChange), `${all}; something would change for ${changed.length}.`];
  return lines.map(printable).join('\n');
}

function tellChange({ change, profiles, reason, rules, enrollments }: Change): string[] {
  const count = enrollments.length;
  const [one, several] = meanings[change];
  const copies = profiles === undefined ? '' : ` (${profiles.join(', ')})`;
  const named = enrollments.slice(0, examples);
  const more = count - named.length;
  return [
    `${count} ${count === 1 ? `enrollment ${one}` : `enrollments ${several}`}${copies}`,
    `  reason   ${reason}`,
    `  rules    ${rules.join(', ')}`,
    ...named.map(({ id, purpose, subscriberId }) => `  as       ${id} (${purpose}, ${subscriberId})`),
    ...(more > 0 ? [`           and ${more} more: --json names all`] : []),
  ];
}
