import { beforeAll, describe, expect, it } from 'vitest';
import { der } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { spkiSha256 } from '#crypto/public-key.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';
import { keyPair, withByteChanged } from '../crypto/key-pairs.ts';
import { makeChain } from '../crypto/pfx/chain-of-three.ts';
import {
  bag,
  certificateBag,
  clear,
  craftPfx,
  encrypted,
  keyBag,
  pbes2,
  sealed,
} from '../crypto/pfx/crafted.ts';
import { password, subjectOf, type TestSubject } from '../crypto/pfx/subject.ts';
import { dialogue } from './dialogue.ts';
import { type Ran, type Shell, shell } from './shell.ts';

const own = shell();
const { run, write } = own;
const right = password.text();
const chosen = 'Reiher am Weiher 9';
let subject: TestSubject;

/** A folder with a file to be converted, under the password of `pw`. */
function withFile(name = 'obrien.pfx', file = plain()): Shell {
  const folder = shell();
  folder.write(name, file);
  folder.write('pw', right);
  folder.write('new', chosen);
  return folder;
}

function plain(): Uint8Array {
  const { privateKey, certificate } = subject;
  return craftPfx({ safes: [sealed([certificateBag(certificate)]), clear(keyBag(privateKey.bytes()))] });
}

/** The content of a file, by the strict reader. */
function contentOf({ read }: Shell, file: string, of: string, profile: PfxProfile) {
  return readPfx(read(file), Secret.fromText(of), { profile });
}

const commonName = 'PLACEHOLDER Zoë Ωμέγα';

beforeAll(async () => {
  subject = await subjectOf();
  write('pw', right);
  write('new', chosen);
  write('obrien.pfx', plain());
});

describe('escrow convert', () => {
  it.each([
    ['--for windows-11', 'windows-11', 'modern'],
    ['--for openssl-3', 'openssl-3', 'modern'],
    ['--profile modern', 'modern', 'modern'],
    ['--profile pbmac1', 'pbmac1', 'pbmac1'],
  ] as const)('writes the file anew beside the old one: %s', async (form, named, profile) => {
    const folder = withFile();
    const line = `escrow convert obrien.pfx ${form} --password-file pw --file-password-file new`;
    const { status, stdout, stderr } = await folder.run(line);
    const file = `obrien.${named}.pfx`;
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${file}\n` });
    expect(stderr).toContain(`The new file, ${file}, was proved to open and to work (${profile}).`);
    expect(stderr).toContain('\nImported by\n  yes ');
    expect(stderr.startsWith(`For `)).toBe(form.startsWith('--for'));
    expect(folder.mode(file)).toBe(0o600);
    expect(folder.read('obrien.pfx')).toEqual(Buffer.from(plain()));
    expect(folder.list()).toEqual(['new', file, 'obrien.pfx', 'pw'].sort());
    const content = await contentOf(folder, file, chosen, profile);
    expect(content.privateKey.bytes()).toEqual(subject.privateKey.bytes());
    expect(content.certificates.map((each) => Buffer.from(each))).toEqual([Buffer.from(subject.certificate)]);
    expect(content).toMatchObject({
      friendlyName: commonName,
      iterations: { mac: 250_000, key: 250_000, certificates: 250_000 },
    });
  });

  it('writes a compatible file under a generated password only, and warns of it', async () => {
    const folder = withFile('obrien.P12');
    const line = 'escrow convert obrien.P12 --for windows-server-2016 --password-file pw';
    const refused = await folder.run(`${line} --file-password-file new`);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('--generated-password-out FILE, in place of --file-password-file');

    const { status, stdout, stderr } = await folder.run(`${line} --generated-password-out out --json`);
    expect(status).toBe(0);
    expect(stderr).toContain('For Windows Server 2016 the file is compatible, the only profile that ');
    expect(stderr).toContain('Its password is in out.');
    expect(stderr).toContain('delete the file once it is imported');
    const file = 'obrien.windows-server-2016.pfx';
    const generated = folder.read('out').toString().trim();
    expect(generated).toMatch(/^(?:[a-z2-9]{4}-){5}[a-z2-9]{4}$/);
    expect([folder.mode(file), folder.mode('out')]).toEqual([0o600, 0o600]);
    expect(stdout + stderr).not.toContain(generated);
    expect((await contentOf(folder, file, generated, 'compatible')).iterations.mac).toBe(2_048);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ file, profile: 'compatible', target: 'windows-server-2016', iterations: 2_048 },
      key: { spec: 'ECC_NIST_P256', spkiSha256: spkiSha256(subject.publicKey) },
      ...{ friendlyName: commonName, certificates: 1, notes: [] },
      warning: expect.stringContaining('triple DES'),
      provedBy: expect.arrayContaining(['strict reader', 'TLSv1.3 handshake', 'refused without password']),
    });
  });

  it('takes the password of the old file, if told so', async () => {
    const folder = withFile();
    const line =
      'escrow convert obrien.pfx --profile modern --password-file pw --same-password --out kept.pfx';
    expect(await folder.run(line)).toMatchObject({ status: 0, stdout: 'kept.pfx\n' });
    await expect(contentOf(folder, 'kept.pfx', right, 'modern')).resolves.toBeDefined();
  });

  it('keeps every certificate once, in the order of their chain, and the name', async () => {
    const { leaf, intermediate, root, privateKey } = makeChain();
    const unrelated = (await subjectOf('ECC_NIST_P384')).certificate;
    const other = certificateBag(unrelated);
    const name = der.set(der.sequence(der.oid(oids.friendlyName), der.set(der.bmpString('Zoë 署名'))));
    const shrouded = der.sequence(pbes2({}), der.octetString(encrypted({}, privateKey.bytes())));
    const named = bag(oids.pkcs8ShroudedKeyBag, shrouded, name);
    const certificates = [other, ...[root, leaf, root, intermediate].map((each) => certificateBag(each))];
    const pfx = craftPfx({ safes: [sealed(certificates), clear(named)] });
    const folder = withFile('chain.pfx', pfx);
    const line = 'escrow convert chain.pfx --profile modern --password-file pw --same-password --json';
    expect(JSON.parse((await folder.run(line)).stdout)).toMatchObject({
      certificates: 4,
      friendlyName: 'Zoë 署名',
    });
    const content = await contentOf(folder, 'chain.modern.pfx', right, 'modern');
    const hex = (certificates: readonly Uint8Array[]) =>
      certificates.map((each) => Buffer.from(each).toString('hex'));
    expect(hex(content.certificates)).toEqual(hex([leaf, intermediate, root, unrelated]));
  });

  it('says what was wrong with the old file, and what it leaves out', async () => {
    const { privateKey, certificate } = subject;
    const crl = bag(oids.crlBag, der.null());
    const inClear = [bag(oids.keyBag, der.raw(privateKey.bytes())), certificateBag(certificate), crl];
    const folder = withFile('loose.pfx', craftPfx({ safes: [clear(...inClear)], mac: 'none' }));
    folder.write('empty', '\n');
    const line =
      'escrow convert loose.pfx --profile modern --password-file empty --file-password-file new --json';
    const { status, stdout } = await folder.run(line);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).notes).toEqual([
      'The old file had no MAC: nobody can tell whether it was changed before it was converted.',
      'The old file had no password.',
      'The private key of the old file was not encrypted: delete every copy of that file.',
      'The certificates of the old file were not encrypted.',
      'What the old file held besides was left out: a revocation list.',
    ]);
  });
});

describe('escrow convert, at a terminal', () => {
  it('asks for the old password, then twice for a new one, and shows neither', async () => {
    const folder = withFile();
    const { status, screen } = await dialogue(folder, 'escrow convert obrien.pfx --for windows-11', [
      ['Password of the file: ', `${right}\r`],
      ['New password for the new file: ', `${chosen}\r`],
      ['The new password for the new file again: ', `${chosen}\r`],
    ]);
    expect(status).toBe(0);
    expect(screen).not.toContain(right);
    expect(screen).not.toContain(chosen);
    expect(screen).toContain(
      '\nThe new password: 8 to 128 characters of printable ASCII, no repetition and no row of keys.\nNew password for',
    );
    await expect(contentOf(folder, 'obrien.windows-11.pfx', chosen, 'modern')).resolves.toBeDefined();
  });

  it('asks for no new password if the old one does not open the file', async () => {
    const folder = withFile();
    const { status, screen } = await dialogue(folder, 'escrow convert obrien.pfx --for windows-11', [
      ['Password of the file: ', 'zebra crossing\r'],
    ]);
    expect(status).toBe(1);
    expect(screen).toContain('(pfx-wrong-password-or-damaged)');
    expect(screen).not.toContain('New password');
  });
});

describe('escrow convert refuses', () => {
  const converting = (form: string): Promise<Ran> =>
    run(`escrow convert obrien.pfx --password-file pw ${form}`.trim());

  it.each([
    ['', 'What the new file is for must be said by --for or --profile.'],
    [
      '--for windows-11 --profile modern',
      '--for and --profile both say how the file is written: choose one.',
    ],
    ['--for widows-11', 'Did you mean windows-11?'],
    ['--for windows-server-2002', 'windows-11, macos'],
    [
      '--for windows',
      'Say which: windows-server-2016, windows-10, windows-11, windows-server-2019, windows-server-2022, windows-server-2025.',
    ],
    ['--for java', 'Say which: java-8, java-17, java-26, java-11, java-21, java-25.'],
    ['--profile modem', 'Did you mean modern?'],
    [
      '--profile modern --same-password --file-password-file new',
      'are two passwords for one file: choose one.',
    ],
    ['--profile compatible --same-password', 'A compatible file has a generated password only'],
    ['--profile compatible', 'A compatible file has a generated password only'],
    ['--profile modern --out a --generated-password-out ./a', 'it must name another file than the new one'],
  ])('what says two things, or nothing: %s', async (form, why) => {
    const { status, stdout, stderr } = await converting(form);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(why);
    expect(stderr).toMatch(/\(usage\)\nUsage: escrow convert FILE /);
  });

  it('to write over a file, whichever it is, before anything is asked', async () => {
    for (const form of [
      '--profile modern --same-password --out obrien.pfx',
      '--profile modern --generated-password-out new',
    ]) {
      const { status, stderr } = await run(`escrow convert obrien.pfx ${form}`);
      expect(status).not.toBe(0);
      expect(stderr).toContain('it exists already');
      expect(stderr).toContain('(refuses-to-overwrite)');
    }
  });

  it.each([
    ['beyond ASCII', 'Kauz im Möor', '(password-not-ascii)'],
    ['short', 'Kauz im', '(password-too-weak)'],
    ['empty', '', '(password-too-weak)'],
    ['a repetition', 'KauzKauzKauz', '(password-too-weak)'],
  ])('a new password that is %s', async (_, text, code) => {
    write('bad', `${text}\n`);
    const { status, stderr } = await converting('--profile modern --file-password-file bad');
    expect(status).toBe(1);
    expect(stderr).toContain(code);
    if (text !== '') expect(stderr).not.toContain(text);
    expect(stderr.includes('--generated-password-out FILE')).toBe(code === '(password-too-weak)');
  });

  it.each(['--out nowhere/new.pfx', '--generated-password-out nowhere/pw.txt'])(
    'to make a folder: %s',
    async (place) => {
      const folder = withFile();
      const { status, stdout, stderr } = await folder.run(
        `escrow convert obrien.pfx --profile modern ${place}`,
      );
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(': its folder does not exist. Make it first, or name another place. (usage)');
      expect(folder.list()).toEqual(['new', 'obrien.pfx', 'pw']);
    },
  );

  it('a place that nothing can be written in', async () => {
    const line = '--profile modern --same-password --out /proc/new.pfx';
    const { status, stderr } = await converting(line);
    expect(status).toBe(2);
    expect(stderr).toContain('/proc/new.pfx: nothing can be written there. Name another place. (usage)');
  });

  it('to keep a password that not every program takes', async () => {
    const { privateKey, certificate } = subject;
    const inClear = [bag(oids.keyBag, der.raw(privateKey.bytes())), certificateBag(certificate)];
    const mac = { password: Secret.fromText('pässwörd') };
    write('clear.pfx', craftPfx({ safes: [clear(...inClear)], mac }));
    write('umlaut', 'pässwörd');
    const line = 'escrow convert clear.pfx --profile modern --password-file umlaut --same-password';
    const { status, stderr } = await run(line);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'Leave out --same-password, and choose another in printable ASCII. (password-not-ascii)',
    );
  });

  it('to keep a password that nothing in the old file checked', async () => {
    const { privateKey, certificate } = subject;
    const inClear = [bag(oids.keyBag, der.raw(privateKey.bytes())), certificateBag(certificate)];
    const folder = withFile('bare.pfx', craftPfx({ safes: [clear(...inClear)], mac: 'none' }));
    const line = 'escrow convert bare.pfx --profile modern --password-file pw';
    const { status, stdout, stderr } = await folder.run(`${line} --same-password`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'escrow: The file has no MAC, and nothing in it is encrypted, so the password that was entered was checked by nothing. Leave out --same-password, and choose a password for the new file. (pfx-unprotected)\n',
    );
    expect(folder.list()).toEqual(['bare.pfx', 'new', 'pw']);
    expect(await folder.run(`${line} --file-password-file new`)).toMatchObject({ status: 0 });
  });

  const damaged = () => keyBag(withByteChanged(subject.privateKey.bytes(), 40));
  const mine = () => keyBag(subject.privateKey.bytes());
  const its = () => certificateBag(subject.certificate);
  const stranger = () => keyBag(keyPair('ECC_NIST_P384').privateKey.bytes());
  it.each([
    ['no private key', () => [sealed([its()])], 'pfx-key-count', 'The file holds no private key.'],
    ['two', () => [sealed([its()]), clear(mine(), stranger())], 'pfx-key-count', 'holds 2 private keys'],
    ['a damaged one', () => [sealed([its()]), clear(damaged())], 'pfx-key-damaged', 'is damaged'],
    [
      'one of another certificate',
      () => [sealed([its()]), clear(stranger())],
      'pfx-key-mismatch',
      'does not belong',
    ],
    ['one without a certificate', () => [clear(mine())], 'pfx-unsupported', 'The file holds no certificate'],
  ])('a file with %s', async (_, safes, code, why) => {
    const folder = withFile('bad.pfx', craftPfx({ safes: safes() }));
    const line = 'escrow convert bad.pfx --profile modern --password-file pw --same-password';
    const { status, stdout, stderr } = await folder.run(line);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(why);
    expect(stderr).toMatch(new RegExp(`\\. \\(${code}\\)\\n$`));
    expect(folder.list()).toEqual(['bad.pfx', 'new', 'pw']);
  });

  it('to leave the generated password where the file could not be written', async () => {
    const line = '--profile modern --out pw/below.pfx --generated-password-out generated';
    const { status, stderr } = await converting(line);
    expect(status).not.toBe(0);
    expect(stderr).toContain('pw/below.pfx');
    expect(own.list()).not.toContain('generated');
  });
});
