import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demoRecoveryKey } from '#local/demo/recovery-key.ts';

let out = '';
let file = '';

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'escrow-recovery-'));
  file = join(out, 'recovery.private.jwk');
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const refused = (why: string) =>
  expect.objectContaining({ code: 'not-set-up', message: expect.stringContaining(why) });

describe("the demo's recovery key", () => {
  it('is made once, its private half for the owner alone', async () => {
    const publicKey = await demoRecoveryKey(file, false);
    expect(publicKey).toMatchObject({ kty: 'EC', crv: 'P-256' });
    expect(publicKey).not.toHaveProperty('d');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { x, y } = JSON.parse(readFileSync(file, 'utf8'));
    for (const alreadySetUp of [false, true]) {
      expect(await demoRecoveryKey(file, alreadySetUp)).toEqual({ kty: 'EC', crv: 'P-256', x, y });
    }
  });

  it('is not made anew for data that was sealed to another', async () => {
    await expect(demoRecoveryKey(file, true)).rejects.toEqual(refused('of that run is not here'));
    expect(existsSync(file)).toBe(false);
  });

  it.each(['', '{}', 'null', '{"d":"marked"', '{"kty":"RSA","crv":"P-256","x":"a","y":"b","d":"marked"}'])(
    'is not read from what is none, nor is that quoted: %s',
    async (text) => {
      writeFileSync(file, text);
      const error = await demoRecoveryKey(file, true).catch((thrown: unknown) => thrown);
      expect(error).toEqual(refused('cannot be read as a recovery key'));
      expect(error).not.toHaveProperty('cause');
    },
  );

  it.each([
    ['obrien_Enroll_EN.csr.pem', true],
    ['skłodowska-curie_Enroll_ID.password.txt', true],
    ['notes.txt', false],
  ])('goes with no files of enrollments beside new data: %s', async (name, stops) => {
    mkdirSync(join(out, 'somebody'));
    writeFileSync(join(out, 'somebody', name), '');
    const made = demoRecoveryKey(file, false);
    if (stops) await expect(made).rejects.toEqual(refused(join('somebody', name)));
    else await made;
    expect(existsSync(file)).toBe(!stops);
  });
});
