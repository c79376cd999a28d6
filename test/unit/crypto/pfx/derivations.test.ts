import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type KeyDerivation, PfxDerivations } from '#crypto/pfx/derivations.ts';
import { Secret } from '#domain/secret.ts';
import { otherPassword, password } from './subject.ts';

const salt = Buffer.from('some salt bytes.');
const pbkdf2: KeyDerivation = { kdf: 'pbkdf2', digest: 'sha256', salt, iterations: 3, keyLength: 32 };
const pkcs12: KeyDerivation = { kdf: 'pkcs12', digest: 'sha256', id: 3, salt, iterations: 3, keyLength: 32 };

const derived = async (memo: PfxDerivations, derivation: KeyDerivation, secret = password) =>
  Buffer.from((await memo.derive(secret, derivation)).bytes()).toString('hex');

describe('PfxDerivations', () => {
  it('derives by the password bytes', async () => {
    const expected = pbkdf2Sync(password.bytes(), salt, 3, 32, 'sha256').toString('hex');
    const memo = new PfxDerivations();
    expect(await derived(memo, pbkdf2)).toBe(expected);
    expect(await derived(memo, pbkdf2)).toBe(expected);
  });

  it('takes no two derivations for the same that differ in anything', async () => {
    const changes: KeyDerivation[] = [
      pbkdf2,
      { ...pbkdf2, iterations: 4 },
      { ...pbkdf2, digest: 'sha384' },
      { ...pbkdf2, salt: Buffer.from('other salt bytes') },
      pkcs12,
      { ...pkcs12, id: 1 },
    ];
    const memo = new PfxDerivations();
    const keys = await Promise.all(
      changes.flatMap((change) => [derived(memo, change), derived(memo, change, otherPassword)]),
    );
    expect(new Set(keys).size).toBe(2 * changes.length);
  });

  it('gives each caller a copy to erase', async () => {
    const memo = new PfxDerivations();
    const first = await memo.derive(password, pkcs12);
    const value = Buffer.from(first.bytes()).toString('hex');
    first.erase();
    expect(await derived(memo, pkcs12)).toBe(value);
  });

  it('derives again once it is erased', async () => {
    const memo = new PfxDerivations();
    const value = await derived(memo, pbkdf2);
    memo.erase();
    expect(await derived(memo, pbkdf2)).toBe(value);
  });

  it('does not remember a derivation that failed', async () => {
    const memo = new PfxDerivations();
    const impossible = { ...pbkdf2, iterations: 0 };
    await expect(memo.derive(password, impossible)).rejects.toThrow(RangeError);
    await expect(memo.derive(Secret.fromText('again'), impossible)).rejects.toThrow(RangeError);
  });
});
