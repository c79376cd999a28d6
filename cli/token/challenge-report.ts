import type { ChallengeAnswer } from '#adapters/pkcs11/challenge.ts';
import { table } from '../terminal/table.ts';

/** What the token answered to each try at taking a key out, and what follows from it. */
export function describeChallenge(answers: readonly ChallengeAnswer[], width?: number): string {
  const rows = answers.map(({ attempt, answer, refused }) => [
    attempt,
    answer,
    refused ? 'refused' : 'LET THROUGH',
  ]);
  const columns = [{ heading: 'TRY', shortens: true }, { heading: 'ANSWER OF THE TOKEN' }, { heading: '' }];
  return [table(columns, rows, { width }), '', verdictOf(answers)].join('\n');
}

function verdictOf(answers: readonly ChallengeAnswer[]): string {
  const through = answers.filter(({ refused }) => !refused);
  if (answers.length === 0) return 'Nothing was tried, so nothing is known.';
  if (through.length === 0) {
    return `The token itself refused all ${answers.length} tries: this key does not leave it, whoever has its PIN.`;
  }
  return `THE TOKEN LET ${through.length} OF ${answers.length} TRIES THROUGH: whoever has its PIN can take this key out. Trust it no more, and have another made.`;
}

/** Whether something was tried, and all of it refused. */
export function isKept(answers: readonly ChallengeAnswer[]): boolean {
  return answers.length > 0 && answers.every(({ refused }) => refused);
}
