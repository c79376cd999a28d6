import { beforeAll, expect, it } from 'vitest';
import type { Accept } from '#crypto/pfx/algorithms.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { PfxError } from '#domain/errors.ts';
import { password, subjectOf } from './subject.ts';

/** A changed count may ask for as many as this, so that no test waits for it. */
const iterationBudget = 2_000;
let pfx: Uint8Array;

beforeAll(async () => {
  const { privateKey, certificate } = await subjectOf();
  pfx = await writePfx({
    privateKey,
    certificates: [certificate],
    friendlyName: 'name',
    password,
    iterations: 2,
  });
});

/** The code of the refusal, which must be the reader's own. */
async function refusal(bytes: Uint8Array, accept: Accept): Promise<string> {
  const outcome = await readPfx(bytes, password, { accept, iterationBudget }).catch(
    (error: unknown) => error,
  );
  if (outcome instanceof PfxError) return outcome.code;
  return 'none of ours';
}

it.each(['modern', 'known'] as const)('no file cut short opens (%s)', async (accept) => {
  for (let length = 0; length < pfx.length; length++) {
    expect(await refusal(pfx.subarray(0, length), accept)).toBe('pfx-malformed');
  }
});

it.each([
  ['modern', 0x01],
  ['modern', 0x80],
  ['modern', 0xff],
  ['known', 0x01],
  ['known', 0x20],
] as const)('no file with one byte changed opens (%s, by %i)', async (accept, change) => {
  const codes = new Map<string, number>();
  for (let at = 0; at < pfx.length; at++) {
    const changed = Uint8Array.from(pfx, (byte, i) => (i === at ? byte ^ change : byte));
    const code = await refusal(changed, accept);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  expect(codes.get('none of ours')).toBeUndefined();
  // Most bytes are under the MAC.
  expect(codes.get('pfx-wrong-password-or-damaged')).toBeGreaterThan(pfx.length / 2);
});

it('no file with a byte more or less opens', async () => {
  for (let at = 0; at < pfx.length; at += 7) {
    const [before, after] = [pfx.subarray(0, at), pfx.subarray(at)];
    await expect(refusal(Buffer.concat([before, Buffer.of(0), after]), 'modern')).resolves.toMatch(/^pfx-/);
    await expect(refusal(Buffer.concat([before, after.subarray(1)]), 'known')).resolves.toMatch(/^pfx-/);
  }
});
