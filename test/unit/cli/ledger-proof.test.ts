import { describe, expect, it } from 'vitest';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { inclusionProof } from '#crypto/ledger/merkle.ts';
import { makeLedger, signingService } from '#test/support/ledger.ts';
import { thrownBy } from '#test/support/refused.ts';
import { checkProof, type EntryProof } from '../../../cli/ledger/check-proof.ts';
import { describeEntry } from '../../../cli/views/ledger-entry.ts';

const service = await signingService();
const stranger = await signingService();
const ledger = await makeLedger(service, { segments: [3, 4] });
const other = await makeLedger(service, { segments: [7], organization: 'org-2' });
const forged = await makeLedger(stranger, { segments: [3, 4] });

/** The proof of an entry, as the service gives it. */
function proofOf(sequence: number, { lines, checkpoints }: typeof ledger = ledger): EntryProof {
  const path = inclusionProof(lines.map(lineLeaf), sequence - 1).map((node) => node.toString('hex'));
  const checkpoint = checkpoints.at(-1) ?? '';
  return { line: lines[sequence - 1] ?? '', sequence, treeSize: lines.length, path, checkpoint };
}

const check = (proof: EntryProof, id = 'led_5', keys = service.jwks) => checkProof(id, proof, keys);

describe('the proof of an entry', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])('shows that entry %i stands in the ledger', async (sequence) => {
    const { line, checkpoint } = await check(proofOf(sequence), `led_${sequence}`);
    expect(line).toMatchObject({ sequence, organization: 'org-1' });
    expect(checkpoint.treeSize).toBe(7);
  });

  const proof = proofOf(5);
  const [first = '', ...rest] = proof.path;
  it.each<[string, Partial<EntryProof>, string]>([
    ['another line', { line: proofOf(4).line }, 'proof-failed'],
    ['an altered line', { line: proof.line.replace('done', 'dune') }, 'proof-failed'],
    ['no line', { line: '{}' }, 'ledger-unreadable'],
    ['another place', { sequence: 4 }, 'proof-failed'],
    ['another size', { treeSize: 6 }, 'proof-failed'],
    ['a path that is too short', { path: rest }, 'proof-failed'],
    ['a path that is too long', { path: [first, ...proof.path] }, 'proof-failed'],
    ['a path in another order', { path: [...proof.path].reverse() }, 'proof-failed'],
    [
      'a path of something else',
      { path: [first.replace(/./, (digit) => (digit === 'a' ? 'b' : 'a')), ...rest] },
      'proof-failed',
    ],
    ['an earlier checkpoint', { checkpoint: ledger.checkpoints[0] ?? '' }, 'proof-failed'],
    ["another organization's checkpoint", { checkpoint: other.checkpoints[0] ?? '' }, 'proof-failed'],
    ["a stranger's checkpoint", { checkpoint: forged.checkpoints[1] ?? '' }, 'checkpoint-key-unknown'],
    ['no checkpoint', { checkpoint: 'e30.e30.e30' }, 'checkpoint-invalid'],
  ])('is none with %s', async (_, change, code) => {
    expect((await thrownBy(() => check({ ...proof, ...change }))).code).toBe(code);
  });

  it('is of the entry that was asked for, and of no other', async () => {
    expect((await thrownBy(() => check(proof, 'led_4'))).code).toBe('proof-failed');
  });
});

describe('an entry in plain words', () => {
  const entry = {
    ...{
      sequence: 7,
      time: '2026-01-05T08:00:00.000Z',
      id: 'led_7',
      action: 'export-copy',
      principal: 'ada',
    },
    ...{ outcome: 'refused' as const, code: 'export-refused', enrollmentId: 'enr_1' },
  };

  it('says when, who, what, how it ended and why', () => {
    const policy = { version: '3', rules: ['never-hardware', 'never-old'] };
    expect(describeEntry({ ...entry, policy, about: policy.rules }).split('\n')).toEqual([
      '#7  2026-01-05T08:00:00.000Z  ada  export copy: refused: export-refused',
      expect.stringMatching(/^ {2}\S.*\.$/),
      '  enrollment  enr_1',
      '  policy      3, by never-hardware, never-old',
      '  entry       led_7',
    ]);
  });

  it('shows nothing that a terminal would act upon, and takes codes that are not known', () => {
    const told = describeEntry({ ...entry, principal: '\u001b[2Jada', code: 'of-a-later-version' });
    expect(told).not.toContain('\u001b');
    expect(told).toContain('of-a-later-version');
  });
});
