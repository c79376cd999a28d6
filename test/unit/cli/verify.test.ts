import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { writePfx } from '#crypto/pfx/write.ts';
import { spkiSha256 } from '#crypto/public-key.ts';
import { pfxTargets } from '#domain/pfx-targets.ts';
import { Secret } from '#domain/secret.ts';
import { certificateBag, clear, craftPfx, integerOf, keyBag, sealed } from '../crypto/pfx/crafted.ts';
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
    const { status, stdout, stderr } = await run('escrow verify ours.pfx --password-file pw');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [told, imported] = stdout.split('\nImported by\n');
    expect(told?.replace(/until \d{4}-\d\d-\d\d \(\d+ days? left\)/, 'until D')).toBe(
      [
        'It opens, and its private key works.',
        `  key          ECC_NIST_P256, SPKI SHA-256 ${spkiSha256(subject.publicKey)}`,
        '  name         caEncryption_keyPair abc',
        '  certificate  OU=PLACEHOLDER - not issued by a CA (test), CN=PLACEHOLDER Zoë Ωμέγα; a placeholder: no CA has issued one yet; until D',
        '  profile      modern',
        '  integrity    HMAC-SHA256 by PKCS12KDF, 250000 iterations',
        '  encryption   PBES2 (PBKDF2 with HMAC-SHA256, AES-256-CBC), 250000 iterations (key and certificates)',
        '  guessing     one graphics card tries about 80,000 passwords a second: it finds a password of eight random small letters and digits in about 200 days, a generated password never',
        '  backup       yes, under any good password: in the strict form of this service (modern), and OpenSSL opens and uses it, too',
      ].join('\n'),
    );
    const answers = imported?.trimEnd().split('\n') ?? [];
    expect(answers.pop()).toBe(
      'For each of the others: escrow convert FILE --for TARGET, which is windows-server-2016, macos, java-8, android.',
    );
    expect(answers).toHaveLength(pfxTargets.length);
    expect(answers).toContain('  yes      Windows 11');
    expect(imported).toMatch(/^ {2}no {7}Windows Server 2016 +does not read AES-256$/m);
  });

  it('prints the same as JSON, with exactly these members', async () => {
    const { status, stdout, stderr } = await run('escrow verify --json ours.pfx --password-file pw');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const count = 250_000;
    const key = { spec: 'ECC_NIST_P256', spkiSha256: spkiSha256(subject.publicKey) };
    const friendlyName = 'caEncryption_keyPair abc';
    const sealedBy = { algorithm: 'PBES2 (PBKDF2 with HMAC-SHA256, AES-256-CBC)', iterations: count };
    const {
      subject: name,
      validFromDate,
      validToDate,
      fingerprint256,
    } = new X509Certificate(subject.certificate);
    const { targets, ...verdict } = JSON.parse(stdout);
    expect(verdict).toEqual({
      ...{ opens: true, code: null, profile: 'modern', encoding: 'DER', problems: [] },
      iterations: { mac: count, key: count, certificates: count },
      ...{ key, certificate: 'placeholder', friendlyName },
      integrity: { algorithm: 'HMAC-SHA256 by PKCS12KDF', iterations: count, verified: true },
      encryption: { keys: [sealedBy], certificates: [sealedBy] },
      guessesASecond: 80_000,
      keys: [{ ...key, kind: 'EC on prime256v1', friendlyName, state: 'works', certificate: 0 }],
      certificates: [
        {
          kind: 'placeholder',
          subject: name.replace('\n', ', '),
          issuer: name.replace('\n', ', '),
          selfSigned: true,
          notBefore: validFromDate.toISOString(),
          notAfter: validToDate.toISOString(),
          validity: 'valid',
          daysLeft: 29,
          sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
          hasKey: true,
        },
      ],
      chain: { inOrder: true, complete: true, missing: null, unrelated: 0 },
      others: [],
      strict: { ok: true, code: null, why: null },
    });
    expect(targets.map(({ target }: { target: string }) => target)).toEqual(pfxTargets);
    expect(targets).toContainEqual({ target: 'windows-11', name: 'Windows 11', imports: 'yes', why: '' });
  });

  it('says of a low count which password it is good for', async () => {
    write('low.pfx', await pfxOf(2_048));
    const { stdout } = await run('escrow verify low.pfx --password-file pw');
    expect(stdout).toContain('  backup       yes, under a generated password only: in the strict form');
  });

  it('does not say that an empty password is tried by itself', async () => {
    const { stdout } = await run('escrow verify --help');
    expect(stdout).not.toContain('is tried, too');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'A file without a password opens with an empty one: press Enter, or name an empty file.',
    );
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
    write('nothing', '');
    write('umlaut', 'pässwörd');
    write('large.pfx', Buffer.alloc(1_048_577, 0x04));
    write('garbage.pfx', Buffer.alloc(100, 0x04));
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
    ['empty.pfx', 'pw', 'pfx-malformed', 'The file is empty. Take another copy of the file.'],
    ['text.pfx', 'pw', 'pfx-malformed', 'This is a text, not a PFX. Name the file that has the private key'],
    ['pem.pfx', 'pw', 'pfx-malformed', 'This is a certificate in PEM, not a PFX. Name the file'],
    ['garbage.pfx', 'pw', 'pfx-malformed', 'Check that the file is complete and is a .pfx or .p12 file.'],
    ['large.pfx', 'pw', 'pfx-too-large', 'Check that it is the right file.'],
    ['/dev/zero', 'pw', 'pfx-too-large', 'Check that it is the right file.'],
  ])('says why: %s with %s', async (file, password, code, why) => {
    const command = `escrow verify ${file} --password-file ${password}`;
    const { status, stdout, stderr } = await run(command);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const [verdict, note, ...more] = stdout.trimEnd().split('\n');
    expect(verdict).toBe(`It was not opened (${code}).`);
    expect(note).toMatch(/^ {2}note {9}[A-Z].*\w\. [A-Z].*\.$/);
    expect(note).toContain(why);
    // Whose structure can be read shows more, whatever the password.
    expect(more.length > 0).toBe(code === 'pfx-wrong-password-or-damaged');

    const json = await run(`${command} --json`);
    expect(json.status).toBe(1);
    const verdictOf = JSON.parse(json.stdout);
    expect(verdictOf).toMatchObject({ opens: false, code, key: null, certificate: null, friendlyName: null });
    expect(verdictOf).toMatchObject({ keys: [], certificates: [], chain: null, others: [] });
    expect(verdictOf.strict).toMatchObject({ ok: false, code });
    expect(verdictOf.problems).toEqual([note?.replace('  note         ', '')]);
    if (more.length === 0) {
      const unknown = { profile: null, iterations: null, encoding: null, integrity: null, encryption: null };
      expect(verdictOf).toMatchObject({ ...unknown, guessesASecond: null, targets: [] });
    }
  });

  it('tells what shows without the password', async () => {
    const { stdout } = await run('escrow verify ours.pfx --password-file other-pw');
    expect(stdout.split('\n').slice(2, 5)).toEqual([
      '  profile      modern',
      '  integrity    HMAC-SHA256 by PKCS12KDF, 250000 iterations',
      '  encryption   PBES2 (PBKDF2 with HMAC-SHA256, AES-256-CBC), 250000 iterations (key and certificates)',
    ]);
    expect(stdout).toContain('\nA file of this form is imported by\n  yes ');
    const json = await run('escrow verify ours.pfx --password-file other-pw --json');
    const count = 250_000;
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ profile: 'modern', encoding: 'DER', guessesASecond: 80_000 },
      iterations: { mac: count, key: count, certificates: count },
      integrity: { verified: null },
    });
  });

  it.each([
    ['empty', 'nothing', 'No password was entered: the file has one, or is damaged.'],
    [
      'beyond ASCII',
      'umlaut',
      'The password that was entered has characters beyond ASCII, which programs write in different ways.',
    ],
  ])('says what may be wrong with a password that is %s', async (_, password, why) => {
    const { stdout } = await run(`escrow verify ours.pfx --password-file ${password}`);
    expect(stdout).toMatch(/^It was not opened \(pfx-wrong-password-or-damaged\)\.\n/);
    expect(stdout).toContain(`\n  note         ${why}\n`);
  });
});

describe('escrow verify, of a file that our writer would never write', () => {
  it('says how much work it asks for, and how much is allowed', async () => {
    const safes = [
      sealed([certificateBag(subject.certificate)], { iterations: integerOf('00f4240000') }),
      clear(keyBag(subject.privateKey.bytes())),
    ];
    write('costly.pfx', craftPfx({ safes }));
    const { status, stdout } = await run('escrow verify costly.pfx');
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout:
        'It was not opened (pfx-costly).\n  note         The file asks for more key-derivation work than is allowed: for 4,096,000,001 iterations at least, where 4,200,000 are the most. Export it again with fewer iterations.\n',
    });
  });

  it('says of a key that is not of the certificate that it is of no use', async () => {
    const other = await subjectOf('ECC_NIST_P384');
    const safes = [sealed([certificateBag(other.certificate)]), clear(keyBag(subject.privateKey.bytes()))];
    write('mixed.pfx', craftPfx({ safes }));
    const { status, stdout } = await run('escrow verify mixed.pfx --password-file pw');
    expect(status).toBe(1);
    const [verdict, note, ...more] = stdout.split('\n');
    expect(verdict).toBe('It opens, but its private key is of no use (pfx-key-mismatch).');
    expect(note).toBe(
      '  note         The private key does not belong to the certificate beside it. Take another copy of the file.',
    );
    expect(more.join('\n')).toContain(
      `  key          ECC_NIST_P256, SPKI SHA-256 ${spkiSha256(subject.publicKey)}`,
    );
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
      '  backup       not in the strict form of this service (pfx-unsafe-parameters): The file uses a salt of 4 bytes.\n',
    );
  });
});

describe('escrow verify, given the password', () => {
  it.each([
    ['without a line end', right],
    ['with a line end', `${right}\n`],
    ['with the line end of Windows', `${right}\r\n`],
    ['as an editor of Windows writes it', `\ufeff${right}\r\n`],
  ])('on standard input, %s', async (_, input) => {
    expect(await run('escrow verify ours.pfx --password-file -', input)).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it.each([
    ['with a blank after it', `${right} `],
    ['with two byte order marks before it', `\ufeff\ufeff${right}`],
    ['with a lone carriage return', `${right}\r`],
    ['without its last letter', right.slice(0, -1)],
  ])('otherwise than it is, %s', async (_, input) => {
    expect((await run('escrow verify ours.pfx --password-file -', input)).status).toBe(1);
  });

  it.each([
    ['empty', ''],
    ['an empty line', '\n'],
    ['not even text', Buffer.of(0xff, 0x41)],
  ])('that is %s', async (_, input) => {
    const { status, stdout } = await run('escrow verify ours.pfx --password-file -', input);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^It was not opened \(pfx-wrong-password-or-damaged\)\.\n/);
  });

  const moreLines =
    'it has more than one line, and a password is on one. Leave the password in it, and nothing else.';
  const utf16 = 'it is in UTF-16, not in UTF-8. Save it as UTF-8.';
  it.each([
    ['more lines', `${right}\nsecond\n`, moreLines],
    ['more lines, of which all but one are empty', `${right}\n\n`, moreLines],
    ['more lines of an old Mac', `${right}\rsecond`, moreLines],
    ['nothing but lines', Buffer.alloc(3_000_000, 0x0a), moreLines],
    ['UTF-16', Buffer.from(`\ufeff${right}\r\n`, 'utf16le'), utf16],
    ['UTF-16, the higher byte first', Buffer.from(`\ufeff${right}`, 'utf16le').swap16(), utf16],
    ['UTF-16 without a mark', Buffer.from(right, 'utf16le'), utf16],
  ])('in a file of %s, says so', async (_, input, why) => {
    write('several', input);
    expect(await run('escrow verify ours.pfx --password-file several')).toEqual({
      ...{ status: 2, stdout: '' },
      stderr: `escrow: several: ${why} (usage)\n`,
    });
    const piped = await run('escrow verify ours.pfx --password-file -', input);
    expect(piped).toMatchObject({ status: 2, stderr: `escrow: standard input: ${why} (usage)\n` });
  });

  it('beyond ASCII, behind a byte order mark, opens a file whose parts are all under it', async () => {
    const beyond = Secret.fromText('pässwörd');
    const { certificate, privateKey } = subject;
    const mac = { password: beyond };
    const shrouded = keyBag(privateKey.bytes(), { password: beyond });
    const safes = [sealed([certificateBag(certificate)], { password: beyond }), clear(shrouded)];
    write('beyond.pfx', craftPfx({ safes, mac }));
    const { status, stdout } = await run('escrow verify beyond.pfx --password-file -', '\ufeffpässwörd\n');
    expect({ status, stdout: stdout.split('\n')[0] }).toEqual({
      status: 0,
      stdout: 'It opens, and its private key works.',
    });
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
