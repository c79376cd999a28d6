import { beforeAll, describe, expect, it } from 'vitest';
import { describePfx } from '#crypto/pfx/describe.ts';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { PfxError } from '#domain/errors.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { refusalBy } from './refusals.ts';
import { password, subjectOf, type TestSubject } from './subject.ts';

/** A changed count may ask for as many as this, so that no test waits for it. */
const iterationBudget = 2_000;
let subject: TestSubject;
const files = new Map<PfxProfile, Uint8Array>();

beforeAll(async () => {
  subject = await subjectOf();
  const { privateKey, certificate } = subject;
  const file = { privateKey, certificates: [certificate], friendlyName: 'name', password, iterations: 2 };
  for (const profile of pfxProfiles) files.set(profile, await writePfx({ ...file, profile }));
});

const fileOf = (profile: PfxProfile) => files.get(profile) ?? new Uint8Array();

/** The code of the refusal, which must be the reader's own. */
async function refusal(bytes: Uint8Array, profile: PfxProfile): Promise<string> {
  const outcome = await readPfx(bytes, password, { profile, iterationBudget }).catch(
    (error: unknown) => error,
  );
  if (outcome instanceof PfxError) return outcome.code;
  return 'none of ours';
}

describe.each(pfxProfiles)('of a file of the profile %s', (profile) => {
  it('nothing opens that is cut short', async () => {
    const pfx = fileOf(profile);
    for (let length = 0; length < pfx.length; length++) {
      const cut = pfx.subarray(0, length);
      expect(await refusal(cut, profile)).toBe('pfx-malformed');
      expect(await refusalBy(() => describePfx(cut))).toMatch(/^pfx-malformed/);
    }
  });

  it('nothing opens with any one bit changed', async () => {
    const pfx = Uint8Array.from(fileOf(profile));
    const codes = new Map<string, number>();
    for (let bit = 0; bit < 8 * pfx.length; bit++) {
      const [at, mask] = [bit >> 3, 1 << (bit & 7)];
      pfx[at] = (pfx[at] ?? 0) ^ mask;
      const code = await refusal(pfx, profile);
      pfx[at] = (pfx[at] ?? 0) ^ mask;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(codes.get('none of ours')).toBeUndefined();
    // Most bits are under the MAC.
    expect(codes.get('pfx-wrong-password-or-damaged')).toBeGreaterThan(4 * pfx.length);
  });

  it('nothing opens with a byte more or less, anywhere', async () => {
    const pfx = fileOf(profile);
    for (let at = 0; at < pfx.length; at++) {
      const [before, after] = [pfx.subarray(0, at), pfx.subarray(at)];
      await expect(refusal(Buffer.concat([before, Buffer.of(0), after]), profile)).resolves.toMatch(/^pfx-/);
      await expect(refusal(Buffer.concat([before, after.subarray(1)]), profile)).resolves.toMatch(/^pfx-/);
    }
  });

  it('a person who asks is never told of another key', async () => {
    const pfx = fileOf(profile);
    const expected = subject.privateKey.bytes();
    for (let at = 0; at < pfx.length; at++) {
      const changed = Uint8Array.from(pfx, (byte, i) => (i === at ? byte ^ 0x20 : byte));
      const outcome = await inspectPfx(changed, password, { iterationBudget }).catch((error) => error);
      if (outcome instanceof PfxError) continue;
      expect(outcome.found.keys[0].privateKey.bytes()).toEqual(expected);
    }
  });
});
