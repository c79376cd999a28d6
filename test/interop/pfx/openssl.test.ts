import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
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

/** What the program says of a file in each profile. */
const said = {
  modern: {
    mac: 'MAC: sha256, Iteration 2048\nMAC length: 32, salt length: 16',
    encryption: 'PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256',
  },
  compatible: {
    mac: 'MAC: sha1, Iteration 2048\nMAC length: 20, salt length: 16',
    encryption: 'pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048',
  },
};

describe('openssl pkcs12 opens what we write', () => {
  const cases = (['modern', 'compatible'] as const).flatMap((profile) =>
    keySpecNames.map((spec) => ({ profile, spec })),
  );

  it.each(cases)('$profile, $spec', ({ profile, spec }) =>
    inFolder(async (folder) => {
      const subject = await subjectOf(spec);
      const file = await ours(folder, subject, profile);
      const secret = await passwordFile(folder, right);
      const { status, output, messages } = await run(
        ...['openssl', 'pkcs12', '-in', file, '-passin', `file:${secret}`, '-info', '-nodes'],
      );
      expect(status).toBe(0);
      const { mac, encryption } = said[profile];
      expect(messages).toContain(mac);
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

describe('the OpenSSL of this Node verifies PBMAC1', () => {
  const opens = (pfx: Buffer, passphrase: string) => createSecureContext({ pfx, passphrase });

  it.each(keySpecNames)('of what we write (%s)', (spec) =>
    inFolder(async (folder) => {
      const pfx = await readFile(await ours(folder, await subjectOf(spec), 'pbmac1'));
      expect(opens(pfx, right)).toBeDefined();
      expect(() => opens(pfx, wrong)).toThrow('mac verify failure');
      // A changed byte under the MAC, in the file's own bytes and not in a structure of them.
      const changed = Buffer.from(pfx);
      changed[300] = (changed[300] ?? 0) ^ 1;
      expect(() => opens(changed, right)).toThrow('mac verify failure');
    }),
  );
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

const aes128 = ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC'];
const legacy = ['-legacy', '-certpbe', 'PBE-SHA1-RC2-40', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'];

describe('we read what openssl pkcs12 writes', () => {
  it.each([
    ['by default', [], 'modern'],
    ['with more iterations', ['-iter', '5000'], 'modern'],
    ['for old systems', tripleDes, 'compatible'],
    ['for old systems, with a MAC of one iteration', [...tripleDes, '-nomaciter'], 'compatible'],
    ['as version 1.1 does by default', legacy, 'other'],
    ['with RC2 of 128 bits', ['-legacy', '-certpbe', 'PBE-SHA1-RC2-128'], 'other'],
    ['with RC2 for the key too', ['-legacy', '-keypbe', 'PBE-SHA1-RC2-40'], 'other'],
    ['with triple DES of two keys', ['-keypbe', 'PBE-SHA1-2DES'], 'other'],
    ['with AES-128', aes128, 'other'],
    ['with AES-192 for the key', ['-keypbe', 'AES-192-CBC'], 'other'],
    ['with Camellia', ['-keypbe', 'CAMELLIA-256-CBC'], 'other'],
    ['with 3DES under PBES2', ['-keypbe', 'DES-EDE3-CBC'], 'other'],
    ['with a SHA-1 MAC', ['-macalg', 'sha1'], 'other'],
    ['with a SHA-224 MAC', ['-macalg', 'sha224'], 'other'],
    ['with a SHA-384 MAC', ['-macalg', 'sha384'], 'other'],
    ['with a SHA-512 MAC', ['-macalg', 'sha512'], 'other'],
    ['with 3DES for the certificates', ['-certpbe', 'PBE-SHA1-3DES'], 'other'],
    ['with certificates in clear', ['-certpbe', 'NONE'], 'other'],
    ['with a private key in clear', ['-keypbe', 'NONE'], 'other'],
    ['without a MAC', ['-nomac'], 'other'],
  ] as const)('%s', (_, options, profile) =>
    inFolder(async (folder) => {
      const subject = await subjectOf();
      const file = await theirs(folder, subject, [...options]);
      const { inspection, ...content } = await readFileOf(file);
      expect(content.privateKey).toEqual(subject.privateKey.bytes());
      expect(content).toMatchObject({ certificates: [subject.certificate], friendlyName: 'theirs' });
      expect(inspection).toMatchObject({ profile, encoding: 'DER' });
      expect(await refusesOther(file)).toBe(true);
      const bytes = await readFile(file);
      if (profile !== 'other') await expect(readPfx(bytes, password, { profile })).resolves.toBeDefined();
      else
        await expect(readPfx(bytes, password)).rejects.toMatchObject({
          code: expect.stringMatching(/^pfx-/),
        });
    }),
  );

  it.each(keySpecNames)('%s', (spec) =>
    inFolder(async (folder) => {
      const subject = await subjectOf(spec);
      const { privateKey } = await readFileOf(await theirs(folder, subject, []));
      expect(publicOf(privateKey)).toEqual(subject.publicKey);
    }),
  );

  it.each([
    ['with RC4', ['-legacy', '-keypbe', 'PBE-SHA1-RC4-128'], 'pfx-unsupported'],
    ['with DES', ['-legacy', '-certpbe', 'PBE-MD5-DES'], 'pfx-unsupported'],
    ['with more iterations than is reasonable', ['-iter', '1400001'], 'pfx-costly'],
  ])('but not %s', (_, options, code) =>
    inFolder(async (folder) => {
      const file = await theirs(folder, await subjectOf(), options);
      await expect(readFileOf(file)).rejects.toMatchObject({ code });
    }),
  );
});
