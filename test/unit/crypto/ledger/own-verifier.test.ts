import { createHash } from 'node:crypto';
import { compactVerify, createLocalJWKSet } from 'jose';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type MadeLedger, makeLedger, signingService } from '#test/support/ledger.ts';

// A verifier as somebody would write it who has docs/ledger.md alone: nothing of ours is used but to make the ledger.

const service = await signingService();
const keys = createLocalJWKSet(service.jwks);

const sha256 = (...parts: (string | Uint8Array)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 9162 section 2.1.1, as it is defined. */
function treeHash(lines: readonly string[]): Buffer {
  const [only = ''] = lines;
  if (lines.length === 1) return sha256(Buffer.of(0), only);
  let split = 1;
  while (split * 2 < lines.length) split *= 2;
  return sha256(Buffer.of(1), treeHash(lines.slice(0, split)), treeHash(lines.slice(split)));
}

const lineForm = v.looseObject({ sequence: v.number(), previousSha256: v.string() });
const checkpointForm = v.looseObject({
  organization: v.string(),
  segment: v.number(),
  firstSequence: v.number(),
  treeSize: v.number(),
  rootHash: v.string(),
  segmentRoot: v.string(),
  lastLineSha256: v.string(),
  previousCheckpointSha256: v.string(),
});

async function payloadOf(jws: string) {
  const { payload, protectedHeader } = await compactVerify(jws, keys, { algorithms: ['ES256'] });
  expect(protectedHeader.typ).toBe('escrow-checkpoint+jwt');
  return v.parse(checkpointForm, JSON.parse(Buffer.from(payload).toString()));
}

/** Steps 1 to 6 of the page. Fails as `expect` does. */
async function verify({ files }: Pick<MadeLedger, 'files'>, anchor: string): Promise<void> {
  const all: string[] = [];
  let [previousLine, previousCheckpoint] = ['0'.repeat(64), '0'.repeat(64)];
  for (let segment = 1; ; segment += 1) {
    const text = files.get(`segments/${String(segment).padStart(9, '0')}.jsonl`);
    if (text === undefined) break;
    expect(text.endsWith('\n')).toBe(true);
    const lines = text.slice(0, -1).split('\n');
    const jws = v.parse(v.strictObject({ checkpoint: v.string() }), JSON.parse(lines.pop() ?? '')).checkpoint;
    const checkpoint = await payloadOf(jws);
    expect(checkpoint).toMatchObject({
      segment,
      organization: 'org-1',
      firstSequence: all.length + 1,
      previousCheckpointSha256: previousCheckpoint,
    });
    for (const line of lines) {
      const { sequence, previousSha256 } = v.parse(lineForm, JSON.parse(line));
      expect({ sequence, previousSha256 }).toEqual({
        sequence: all.length + 1,
        previousSha256: previousLine,
      });
      previousLine = sha256(line).toString('hex');
      all.push(line);
    }
    expect(checkpoint).toMatchObject({
      treeSize: all.length,
      lastLineSha256: previousLine,
      segmentRoot: treeHash(lines).toString('hex'),
      rootHash: treeHash(all).toString('hex'),
    });
    previousCheckpoint = sha256(jws).toString('hex');
  }
  const { treeSize, rootHash } = await payloadOf(anchor);
  expect(all.length).toBeGreaterThanOrEqual(treeSize);
  expect(treeHash(all.slice(0, treeSize)).toString('hex')).toBe(rootHash);
}

describe('a verifier that was written by docs/ledger.md', () => {
  const plan = { segments: [3, 1, 7, 2] };

  it('finds a genuine ledger whole, and borne out by each of its checkpoints', async () => {
    const ledger = await makeLedger(service, plan);
    for (const anchor of ledger.checkpoints) await verify(ledger, anchor);
    expect.hasAssertions();
  });

  it('finds one that was altered, or written anew, not to be', async () => {
    const ledger = await makeLedger(service, plan);
    const [anchor = ''] = ledger.checkpoints;
    for (const [name, content] of ledger.files) {
      if (!name.startsWith('segments/')) continue;
      const files = new Map(ledger.files).set(name, content.replace('person', 'nobody'));
      await expect(verify({ files }, anchor), name).rejects.toThrow();
    }
    const anew = await makeLedger(service, { ...plan, entry: () => ({ principal: 'nobody' }) });
    await expect(verify(anew, anchor)).rejects.toThrow();
  });
});
