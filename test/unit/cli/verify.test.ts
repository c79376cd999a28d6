import { beforeAll, describe, expect, it } from 'vitest';
import { writePfx } from '#crypto/pfx/write.ts';
import { spkiSha256 } from '#crypto/public-key.ts';
import { Secret } from '#domain/secret.ts';
import { certificateBag, clear, craftPfx, keyBag, sealed } from '../crypto/pfx/crafted.ts';
import { subjectOf, type TestSubject } from '../crypto/pfx/subject.ts';
import { shell, wordsOf } from './shell.ts';

const { run, write, read } = shell();
const right = 'correct horse 42';
let subject: TestSubject;

async function pfxOf(iterations: number, friendlyName = 'caEncryption_keyPair abc'): Promise<Uint8Array> {
  const { privateKey, certificate } = subject;
  const password = Secret.fromText(right);
  return writePfx({ privateKey, certificates: [certificate], friendlyName, password, iterations });
}

beforeAll(async () => {
  subject = await subjectOf('ECC_NIST_P256');
  write('ours.pfx', await pfxOf(250_000));
  write('pw', right);
  write('other-pw', 'correct horse 43\n');
});

describe('escrow verify ours.pfx --password-file pw', () => {
  it('says that it opens and its key works, and what it is', async () => {
    expect(await run('escrow verify ours.pfx --password-file pw')).toEqual({
      status: 0,
      stdout: [
        'It opens, and its private key works.',
        `  key          ECC_NIST_P256, SPKI SHA-256 ${spkiSha256(subject.publicKey)}`,
        '  certificate  a placeholder: no CA has issued one yet',
        '  name         caEncryption_keyPair abc',
        '  profile      modern',
        '  iterations   250000 (MAC), 250000 (key), 250000 (certificates)',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('prints the same as JSON, with exactly these members', async () => {
    const { status, stdout, stderr } = await run('escrow verify --json ours.pfx --password-file pw');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      opens: true,
      code: null,
      profile: 'modern',
      iterations: { mac: 250_000, key: 250_000, certificates: 250_000 },
      key: { spec: 'ECC_NIST_P256', spkiSha256: spkiSha256(subject.publicKey) },
      certificate: 'placeholder',
      friendlyName: 'caEncryption_keyPair abc',
      problems: [],
    });
  });

  it('leaves the file as it was', async () => {
    const before = read('ours.pfx');
    await run('escrow verify ours.pfx --password-file pw');
    expect(read('ours.pfx')).toEqual(before);
  });

  it('shows no control character of a name in the file', async () => {
    write('odd.pfx', await pfxOf(2_048, 'red \u001b[31m, line\n, back \u202e'));
    const { stdout } = await run('escrow verify odd.pfx --password-file pw');
    expect(stdout).toContain('  name         red ?[31m, line?, back ?\n');
    const json = await run('escrow verify odd.pfx --password-file pw --json');
    expect(JSON.parse(json.stdout).friendlyName).toBe('red \u001b[31m, line\n, back \u202e');
  });
});

describe('escrow verify, of a file that does not open', () => {
  beforeAll(() => {
    const ours = read('ours.pfx');
    write('cut.pfx', ours.subarray(0, 500));
    write('longer.pfx', Buffer.concat([ours, Buffer.of(0)]));
    write('changed.pfx', Buffer.from(ours).fill(0, 300, 301));
    write('empty.pfx', '');
    write('text.pfx', 'This is no PFX.\n');
    write('pem.pfx', '-----BEGIN CERTIFICATE-----\n');
    write('large.pfx', Buffer.alloc(1_048_577, 0x30));
  });

  it.each([
    [
      'ours.pfx',
      'other-pw',
      'pfx-wrong-password-or-damaged',
      'The password is wrong, or the file is damaged',
    ],
    ['changed.pfx', 'pw', 'pfx-wrong-password-or-damaged', 'The password is wrong, or the file is damaged'],
    ['cut.pfx', 'pw', 'pfx-malformed', 'The file is cut short. Check that the file is complete'],
    ['longer.pfx', 'pw', 'pfx-malformed', 'The file has bytes after its end. Check that'],
    ['empty.pfx', 'pw', 'pfx-malformed', 'Check that the file is complete and is a .pfx or .p12 file.'],
    ['text.pfx', 'pw', 'pfx-malformed', 'Check that the file is complete and is a .pfx or .p12 file.'],
    ['pem.pfx', 'pw', 'pfx-malformed', 'Check that the file is complete and is a .pfx or .p12 file.'],
    ['large.pfx', 'pw', 'pfx-too-large', 'Check that it is the right file.'],
    ['/dev/zero', 'pw', 'pfx-too-large', 'Check that it is the right file.'],
  ])('says why: %s with %s', async (file, password, code, why) => {
    const command = `escrow verify ${file} --password-file ${password}`;
    const { status, stdout, stderr } = await run(command);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const [verdict, note, ...more] = stdout.trimEnd().split('\n');
    expect(verdict).toBe(`It was not opened (${code}).`);
    expect(note).toMatch(/^ {2}note {9}[A-Z].*[a-z]\. [A-Z].*\.$/);
    expect(note).toContain(why);
    expect(more).toEqual([]);

    const json = await run(`${command} --json`);
    expect(json.status).toBe(1);
    const { problems, ...verdictOf } = JSON.parse(json.stdout);
    const unknown = { profile: null, iterations: null, key: null, certificate: null, friendlyName: null };
    expect(verdictOf).toEqual({ opens: false, code, ...unknown });
    expect(problems).toEqual([note?.replace('  note         ', '')]);
  });
});

describe('escrow verify, of a file that our writer would never write', () => {
  it('says of a key that is not of the certificate that it is of no use', async () => {
    const other = await subjectOf('ECC_NIST_P384');
    const safes = [sealed([certificateBag(other.certificate)]), clear(keyBag(subject.privateKey.bytes()))];
    write('mixed.pfx', craftPfx({ safes }));
    expect(await run('escrow verify mixed.pfx --password-file pw')).toEqual({
      status: 1,
      stdout:
        'It opens, but its private key is of no use.\n' +
        '  note         The private key does not belong to the certificate or to the enrollment. Take another copy of the file.\n',
      stderr: '',
    });
  });

  it('says of a file that is not in our strict form that it opens, and why it was not proved', async () => {
    const salt = Buffer.of(1, 2, 3, 4);
    const safes = [
      sealed([certificateBag(subject.certificate)], { salt }),
      clear(keyBag(subject.privateKey.bytes())),
    ];
    write('loose.pfx', craftPfx({ safes }));
    const { status, stdout } = await run('escrow verify loose.pfx --password-file pw');
    expect(status).toBe(0);
    expect(stdout).toContain(
      "note         It is not in the strict form of this service's own files: the file uses a salt of 4 bytes.\n",
    );
  });
});

describe('escrow verify, given the password', () => {
  it.each([
    ['without a line end', right],
    ['with a line end', `${right}\n`],
    ['with the line end of Windows', `${right}\r\n`],
  ])('on standard input, %s', async (_, input) => {
    expect(await run('escrow verify ours.pfx --password-file -', input)).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it.each([
    ['with an empty line after it', `${right}\n\n`],
    ['with a blank after it', `${right} `],
    ['with a lone carriage return', `${right}\r`],
    ['without its last letter', right.slice(0, -1)],
  ])('otherwise than it is, %s', async (_, input) => {
    expect((await run('escrow verify ours.pfx --password-file -', input)).status).toBe(1);
  });

  it.each([
    ['empty', '', 'The password is empty. Use printable ASCII'],
    ['an empty line', '\n', 'The password is empty. Use printable ASCII'],
    ['not ASCII', 'pässwörd', 'The password has a character that some systems cannot type or read. Use'],
    ['not even text', Buffer.of(0xff, 0xfe, 0x41), 'The password has a character that'],
    ['endless', Buffer.alloc(3_000_000, 0x0a), 'The password has a character that'],
  ])('that is %s', async (_, input, why) => {
    const { status, stdout } = await run('escrow verify ours.pfx --password-file -', input);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^It was not opened \(password-not-ascii\)\.\n/);
    expect(stdout).toContain(why);
  });

  it('in a file that others can read, warns and goes on', async () => {
    write('open-pw', right, 0o644);
    write('group-pw', right, 0o640);
    for (const file of ['open-pw', 'group-pw']) {
      const { status, stderr } = await run(`escrow verify ours.pfx --password-file ${file}`);
      expect(status).toBe(0);
      expect(stderr).toBe(
        `escrow: ${file} can be read by others. Make it yours alone: chmod 600 '${file}'\n`,
      );
    }
  });

  it('through a pipe, warns of nothing', async () => {
    const [node, program] = wordsOf('escrow');
    const line = `${node} ${program} verify ours.pfx --password-file <(cat pw)`;
    expect(await run('bash', line)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['nowhere', 'nowhere: there is no such file'],
    ['.', '.: it is a folder, not a file'],
  ])('in a file that cannot be read: %s', async (file, why) => {
    const { status, stdout, stderr } = await run(`escrow verify ours.pfx --password-file ${file}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(why);
  });

  it('nowhere, without a terminal to ask on', async () => {
    expect(await run('escrow verify ours.pfx', right)).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'escrow: There is no terminal to ask for the password on. Name a file with --password-file, or - for standard input. (usage)\n',
    });
  });

  it('never repeats it', async () => {
    for (const options of ['', '--json']) {
      for (const input of [right, `${right}!`, `${right}é`]) {
        const { stdout, stderr } = await run(
          `escrow verify ours.pfx --password-file - ${options}`.trim(),
          input,
        );
        expect(stdout + stderr).not.toContain('correct horse');
      }
    }
  });
});
