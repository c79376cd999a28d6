import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPfx } from '#crypto/pfx/read.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { password, subjectOf, type TestSubject } from '#test/unit/crypto/pfx/subject.ts';
import {
  friendlyName,
  inFolder,
  ours,
  passwordFile,
  pemFiles,
  publicOf,
  readFileOf,
  refusesOther,
  right,
  run,
  wrong,
} from './tools.ts';

describe('openssl pkcs12 opens what we write', () => {
  it.each(keySpecNames)('%s', (spec) =>
    inFolder(async (folder) => {
      const subject = await subjectOf(spec);
      const file = await ours(folder, subject);
      const secret = await passwordFile(folder, right);
      const { status, output, messages } = await run(
        ...['openssl', 'pkcs12', '-in', file, '-passin', `file:${secret}`, '-info', '-nodes'],
      );
      expect(status).toBe(0);
      expect(messages).toContain('MAC: sha256, Iteration 2048\nMAC length: 32, salt length: 16');
      const encryption = 'PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256';
      expect(messages).toContain(`PKCS7 Encrypted data: ${encryption}`);
      expect(messages).toContain(`Shrouded Keybag: ${encryption}`);
      expect(output.match(/friendlyName: .*/g)).toEqual(Array(2).fill(`friendlyName: ${friendlyName}`));
      expect(new Set(output.match(/localKeyID: .*/g)).size).toBe(1);
      const pem = /-----BEGIN PRIVATE KEY-----([^-]*)-----END/.exec(output)?.[1] ?? '';
      expect(new Uint8Array(Buffer.from(pem, 'base64'))).toEqual(subject.privateKey.bytes());
    }),
  );

  it('not with another password', () =>
    inFolder(async (folder) => {
      const file = await ours(folder, await subjectOf());
      const secret = await passwordFile(folder, wrong);
      const { status, messages } = await run(
        'openssl',
        'pkcs12',
        '-in',
        file,
        '-passin',
        `file:${secret}`,
        '-nodes',
      );
      expect(status).not.toBe(0);
      expect(messages).toContain('invalid password');
    }));

  it('as strict DER: every byte of the file is accounted for', () =>
    inFolder(async (folder) => {
      const file = await ours(folder, await subjectOf());
      const { status, output } = await run(
        'openssl',
        'asn1parse',
        '-inform',
        'DER',
        '-in',
        file,
        '-strparse',
        '26',
      );
      expect(status).toBe(0);
      expect(output).not.toContain('l=inf');
    }));
});

/** A file that openssl makes of a subject under the right password. */
async function theirs(folder: string, subject: TestSubject, options: string[]): Promise<string> {
  const { key, cert } = await pemFiles(folder, subject);
  const [file, secret] = [join(folder, 'theirs.p12'), await passwordFile(folder, right)];
  const made = await run(
    ...['openssl', 'pkcs12', '-export', '-inkey', key, '-in', cert, '-out', file],
    ...['-name', 'theirs', '-passout', `file:${secret}`, ...options],
  );
  expect(made).toMatchObject({ status: 0 });
  return file;
}

const tripleDes = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'];

describe('we read what openssl pkcs12 writes', () => {
  it.each([
    ['by default', [], 'modern'],
    ['with more iterations', ['-iter', '5000'], 'modern'],
    ['for old systems', tripleDes, 'compatible'],
    ['for old systems, with a MAC of one iteration', [...tripleDes, '-nomaciter'], 'compatible'],
    ['with AES-128', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC'], 'other'],
    ['with AES-192 for the key', ['-keypbe', 'AES-192-CBC'], 'other'],
    ['with a SHA-1 MAC', ['-macalg', 'sha1'], 'other'],
    ['with 3DES for the certificates', ['-certpbe', 'PBE-SHA1-3DES'], 'other'],
  ] as const)('%s', (_, options, profile) =>
    inFolder(async (folder) => {
      const subject = await subjectOf();
      const file = await theirs(folder, subject, [...options]);
      const content = await readFileOf(file);
      expect(content.privateKey.bytes()).toEqual(subject.privateKey.bytes());
      expect(content).toMatchObject({ certificates: [subject.certificate], friendlyName: 'theirs', profile });
      expect(await refusesOther(file)).toBe(true);
      const strictly = readPfx(await readFile(file), password);
      if (profile === 'modern') expect((await strictly).profile).toBe('modern');
      else await expect(strictly).rejects.toMatchObject({ code: 'pfx-unsupported' });
    }),
  );

  it.each(keySpecNames)('%s', (spec) =>
    inFolder(async (folder) => {
      const subject = await subjectOf(spec);
      const { privateKey } = await readFileOf(await theirs(folder, subject, []));
      expect(publicOf(privateKey.bytes())).toEqual(subject.publicKey);
    }),
  );

  it.each([
    ['without a MAC', ['-nomac'], 'pfx-no-mac'],
    ['with certificates in clear', ['-certpbe', 'NONE'], 'pfx-unprotected'],
    ['with a private key in clear', ['-keypbe', 'NONE'], 'pfx-unprotected'],
    ['with RC2', ['-legacy', '-certpbe', 'PBE-SHA1-RC2-40'], 'pfx-unsupported'],
    ['with a SHA-512 MAC', ['-macalg', 'sha512'], 'pfx-unsupported'],
    ['with more iterations than is reasonable', ['-iter', '1000001'], 'pfx-costly'],
  ])('but not %s', (_, options, code) =>
    inFolder(async (folder) => {
      const file = await theirs(folder, await subjectOf(), options);
      await expect(readFileOf(file)).rejects.toMatchObject({ code });
    }),
  );
});
