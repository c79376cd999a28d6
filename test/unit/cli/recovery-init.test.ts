import { symlinkSync } from 'node:fs';
import { CompactEncrypt, calculateJwkThumbprint, compactDecrypt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSealedPassphrase, parseRecoveryKey, sealPassphrase } from '#crypto/sealing.ts';
import { Secret } from '#domain/secret.ts';
import { type Ran, shell } from './shell.ts';

const json = (text: string | Buffer) => JSON.parse(text.toString());

describe('escrow recovery init --out key.jwk --public public.jwk', () => {
  const { run, read, mode, list } = shell();
  let ran: Ran;

  beforeAll(async () => {
    ran = await run('escrow recovery init --out key.jwk --public public.jwk');
  });

  it('leaves the two files and nothing else, the private one for its owner alone', () => {
    expect(ran.status).toBe(0);
    expect(list()).toEqual(['key.jwk', 'public.jwk']);
    expect(mode('key.jwk')).toBe(0o600);
  });

  it('prints the public half, the same as in the file, with its RFC 7638 thumbprint as kid', async () => {
    const publicKey = json(ran.stdout);
    expect(Object.keys(publicKey).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(publicKey).toMatchObject({ kty: 'EC', crv: 'P-256', use: 'enc', alg: 'ECDH-ES+A256KW' });
    expect(publicKey.kid).toBe(await calculateJwkThumbprint(publicKey));
    expect(json(read('public.jwk'))).toEqual(publicKey);
  });

  it('writes the private half nowhere but into its file', () => {
    const { d, ...publicPart } = json(read('key.jwk'));
    expect(publicPart).toEqual(json(ran.stdout));
    expect(d).toMatch(/^[\w-]{43}$/);
    expect(ran.stdout + ran.stderr + read('public.jwk')).not.toContain(d);
    expect(ran.stderr).toBe(
      'The private half is in key.jwk. Without it, nothing in escrow can be recovered.\n',
    );
  });

  it('makes a key that passphrases are sealed to, and opened with', async () => {
    const reference = { organization: 'o', enrollmentId: 'e', backupId: 'b', pfxSha256: 'a'.repeat(64) };
    const passphrase = Secret.fromText('a passphrase of the tests');
    const recoveryKey = parseRecoveryKey(json(ran.stdout));
    const sealed = await sealPassphrase({ ...reference, recoveryKey, passphrase });
    const opened = await openSealedPassphrase(sealed, json(read('key.jwk')), reference);
    expect(opened.text()).toBe('a passphrase of the tests');
  });

  it('makes a key that jose alone uses', async () => {
    const header = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM' };
    const jwe = await new CompactEncrypt(Buffer.from('hello'))
      .setProtectedHeader(header)
      .encrypt(json(ran.stdout));
    const { plaintext } = await compactDecrypt(jwe, json(read('key.jwk')));
    expect(new TextDecoder().decode(plaintext)).toBe('hello');
  });

  it('makes another one each time', async () => {
    const other = await run('escrow recovery init --json --out other.jwk');
    expect(json(other.stdout).kid).not.toBe(json(ran.stdout).kid);
  });
});

describe('escrow recovery init, where a file stands in the way', () => {
  const { run, write, read, list, path } = shell();

  beforeAll(() => {
    write('old.jwk', 'an old key');
    symlinkSync('nowhere', path('link.jwk'));
  });

  it.each([
    ['--out old.jwk', 'old.jwk'],
    ['--out old.jwk --public new.jwk', 'old.jwk'],
    ['--out new.jwk --public old.jwk', 'old.jwk'],
    ['--out link.jwk', 'link.jwk'],
    ['--out new.jwk --public link.jwk', 'link.jwk'],
    ['--out .', '.'],
  ])('writes nothing: %s', async (options, taken) => {
    const ran = await run(`escrow recovery init ${options}`);
    expect(ran).toEqual({
      status: 1,
      stdout: '',
      stderr: `escrow: ${taken}: it exists already. Move it away, or name another. (refuses-to-overwrite)\n`,
    });
    expect(list()).toEqual(['link.jwk', 'old.jwk']);
    expect(read('old.jwk').toString()).toBe('an old key');
  });

  it.each([
    ['--out old.jwk/key.jwk', 'old.jwk/key.jwk: a file stands where a folder must be'],
    ['--out new.jwk --public old.jwk/public.jwk', 'old.jwk/public.jwk: a file stands where a folder must be'],
    [
      '--out new.jwk --public /dev/null/public.jwk',
      '/dev/null/public.jwk: a file stands where a folder must be',
    ],
    [`--out ${'n'.repeat(300)}`, 'its name is too long'],
  ])('leaves no half of a pair: %s', async (options, why) => {
    const { status, stdout, stderr } = await run(`escrow recovery init ${options}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(why);
    expect(list()).toEqual(['link.jwk', 'old.jwk']);
  });

  it('makes the folders that are not there', async () => {
    expect((await run('escrow recovery init --out deep/er/key.jwk')).status).toBe(0);
    expect(json(read('deep/er/key.jwk')).d).toBeDefined();
  });
});
