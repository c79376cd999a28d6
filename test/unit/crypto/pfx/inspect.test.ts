import { createCipheriv, createHmac, pbkdf2Sync, type X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { describePfx } from '#crypto/pfx/describe.ts';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { bmpPassword } from '#crypto/pfx/password.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { pkcs12KdfSync } from '#crypto/worker/pkcs12-kdf.ts';
import { Secret } from '#domain/secret.ts';
import { bag, certificateBag, clear, craftPfx, encrypted, keyBag, pbes2, sealed } from './crafted.ts';
import { certified, password, subjectOf, type TestSubject } from './subject.ts';

let subject: TestSubject;

beforeAll(async () => {
  subject = await subjectOf();
});

const salt = new Uint8Array(16).fill(7);
const iv = salt;
const octetString = (bytes: Uint8Array) => encodeDer(der.octetString(bytes));
/** Elements under an open length. */
const open = (tag: number, ...inside: Uint8Array[]) =>
  Buffer.concat([Buffer.of(tag, 0x80), ...inside, Buffer.of(0, 0)]);
/** An octet string in segments of some bytes, under an open length. */
const segmented = (tag: number, bytes: Uint8Array, length: number) =>
  open(
    tag,
    ...Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
      octetString(bytes.subarray(i * length, (i + 1) * length)),
    ),
  );

/** The shrouded key of the subject under another cipher and PRF than ours. */
function keyUnder(
  cipher: string,
  keyLength: number,
  digest: string,
  oidsOf: { cipher: string; prf: string },
) {
  const key = pbkdf2Sync(password.bytes(), salt, 1, keyLength, digest);
  const stream = createCipheriv(cipher, key, iv);
  const bytes = Buffer.concat([stream.update(subject.privateKey.bytes()), stream.final()]);
  return bag(oids.pkcs8ShroudedKeyBag, der.sequence(pbes2(oidsOf), der.octetString(bytes)));
}

describe('a file of another program', () => {
  it.each([
    ['aes-128-cbc', 16, 'sha1', { cipher: oids.aes128CBC, prf: oids.hmacWithSHA1 }],
    ['aes-192-cbc', 24, 'sha384', { cipher: oids.aes192CBC, prf: oids.hmacWithSHA384 }],
    ['aes-256-cbc', 32, 'sha512', { cipher: oids.aes256CBC, prf: oids.hmacWithSHA512 }],
    ['aes-128-cbc', 16, 'sha256', { cipher: oids.aes128CBC, prf: oids.hmacWithSHA256 }],
  ] as const)('may use %s with a key of %i bytes by %s', async (cipher, keyLength, digest, names) => {
    const key = keyUnder(cipher, keyLength, digest, names);
    const pfx = craftPfx({ safes: [sealed([certificateBag(subject.certificate)]), clear(key)] });
    const { found, profile } = await inspectPfx(pfx, password);
    expect(found.keys[0]?.privateKey.bytes()).toEqual(subject.privateKey.bytes());
    expect(profile).toBe('other');
    await expect(readPfx(pfx, password)).rejects.toMatchObject({ code: 'pfx-unsupported' });
  });

  it('may hold its certificates in several encrypted parts', async () => {
    const other = await subjectOf('ECC_NIST_P384');
    const safes = [
      sealed([certificateBag(other.certificate)]),
      clear(keyBag(subject.privateKey.bytes())),
      sealed([certificateBag(subject.certificate)]),
    ];
    const { certificates } = await readPfx(craftPfx({ safes }), password);
    expect(certificates).toEqual([subject.certificate, other.certificate]);
  });

  it('may have a name and an id of its own at the key', async () => {
    const name = der.sequence(der.oid(oids.friendlyName), der.set(der.bmpString('Ωμέγα 🔑')));
    const id = der.sequence(der.oid(oids.localKeyId), der.set(der.octetString(Uint8Array.of(1, 2))));
    const shrouded = der.sequence(pbes2({}), der.octetString(encrypted({}, subject.privateKey.bytes())));
    const key = bag(oids.pkcs8ShroudedKeyBag, shrouded, der.set(name, id));
    const pfx = craftPfx({ safes: [sealed([certificateBag(subject.certificate)]), clear(key)] });
    expect(await readPfx(pfx, password)).toMatchObject({
      friendlyName: 'Ωμέγα 🔑',
      localKeyId: Uint8Array.of(1, 2),
    });
  });
});

describe('a file in BER, as NSS writes it', () => {
  /** The same file as ours would be, with open lengths and octet strings in segments. */
  function berFile(): Uint8Array {
    const stream = createCipheriv('aes-256-cbc', pbkdf2Sync(password.bytes(), salt, 1, 32, 'sha256'), iv);
    const plain = encodeDer(der.sequence(certificateBag(subject.certificate)));
    const bytes = Buffer.concat([stream.update(plain), stream.final()]);
    const oid = (name: string) => encodeDer(der.oid(name));
    const info = open(0x30, oid(oids.data), encodeDer(pbes2({})), segmented(0xa0, bytes, 100));
    const encryptedData = open(0x30, encodeDer(der.integer(0)), info);
    const certificates = open(0x30, oid(oids.encryptedData), open(0xa0, encryptedData));
    const key = encodeDer(clear(keyBag(subject.privateKey.bytes())));
    const authenticated = open(0x30, key, certificates);
    const content = open(0x30, oid(oids.data), open(0xa0, segmented(0x24, authenticated, 300)));
    return open(0x30, encodeDer(der.integer(3)), content, macData(authenticated));
  }

  function macData(authenticated: Uint8Array): Uint8Array {
    const bmp = bmpPassword(password);
    const key = pkcs12KdfSync({ digest: 'sha256', password: bmp, salt, id: 3, iterations: 1, keyLength: 32 });
    const value = createHmac('sha256', key).update(authenticated).digest();
    const digestInfo = der.sequence(der.sequence(der.oid(oids.sha256)), der.octetString(value));
    return encodeDer(der.sequence(digestInfo, der.octetString(salt)));
  }

  it('is read where a person asks about any file, and only there', async () => {
    const { found, encoding, profile, macVerified } = await inspectPfx(berFile(), password);
    expect(found.keys[0]?.privateKey.bytes()).toEqual(subject.privateKey.bytes());
    expect(found.certificates.map(({ raw }) => new Uint8Array(raw))).toEqual([subject.certificate]);
    expect({ encoding, profile, macVerified }).toEqual({
      encoding: 'BER',
      profile: 'modern',
      macVerified: true,
    });
    await expect(readPfx(berFile(), password)).rejects.toMatchObject({ code: 'pfx-malformed' });
  });

  it('does not open cut short', async () => {
    const whole = berFile();
    for (let length = 0; length < whole.length; length += 3) {
      const cut = inspectPfx(whole.subarray(0, length), password);
      await expect(cut).rejects.toMatchObject({ code: 'pfx-malformed' });
    }
  });

  it('does not open with a byte changed, unless that byte means nothing', async () => {
    const whole = berFile();
    const expected = subject.privateKey.bytes();
    for (let at = 0; at < whole.length; at += 5) {
      const changed = Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 1 : byte));
      const outcome = await inspectPfx(changed, password, { iterationBudget: 1_000 }).catch((error) => error);
      if ('found' in outcome) expect(outcome.found.keys[0].privateKey.bytes()).toEqual(expected);
      else expect(outcome.code).toMatch(/^pfx-/);
    }
  });
});

describe('what a file is, without its password', () => {
  it.each([
    ['modern', 'pbes2-aes256-sha256', 'mac-sha256', 'HMAC-SHA256 by PKCS12KDF'],
    ['compatible', 'sha1-triple-des', 'mac-sha1', 'HMAC-SHA1 by PKCS12KDF'],
    ['pbmac1', 'pbes2-aes256-sha256', 'pbmac1', 'PBMAC1 (PBKDF2 with HMAC-SHA256, HMAC-SHA256)'],
  ] as const)('%s: %s, %s', async (profile, encryption, integrity, algorithm) => {
    const { privateKey, certificate } = subject;
    const file = { privateKey, certificates: [certificate], friendlyName: 'n', password, iterations: 7 };
    const pfx = await writePfx({ ...file, profile });
    const traits = { keys: [encryption], certificates: [encryption], integrity, mostIterations: 7 };
    const seen = { encoding: 'DER', profile, traits, integrity: { algorithm, iterations: 7 } };
    expect(describePfx(pfx)).toMatchObject(seen);
    expect(await inspectPfx(pfx, password)).toMatchObject(seen);
  });

  it('keeps to what is known once it is opened: a key inside an encrypted part is as well protected as itself', async () => {
    const inside = keyBag(subject.privateKey.bytes());
    const pfx = craftPfx({ safes: [sealed([inside])] });
    expect(describePfx(pfx).traits).toMatchObject({ keys: [], certificates: ['pbes2-aes256-sha256'] });
    const opened = await inspectPfx(pfx, password);
    expect(opened.traits).toMatchObject({ keys: ['pbes2-aes256-sha256'], certificates: [] });
  });
});

describe('whom a certificate belongs to', () => {
  it('is told for each of several keys, and those certificates come first', async () => {
    const other = await subjectOf('ECC_NIST_P384');
    const stranger = await subjectOf('RSA_2048');
    const safes = [
      sealed([stranger, other, subject].map(({ certificate }) => certificateBag(certificate))),
      clear(keyBag(subject.privateKey.bytes()), keyBag(other.privateKey.bytes())),
    ];
    const { keys, certificates } = (await inspectPfx(craftPfx({ safes }), password)).found;
    const raw = (certificate?: X509Certificate) => certificate && new Uint8Array(certificate.raw);
    expect(keys.map(({ certificate }) => raw(certificate))).toEqual([subject.certificate, other.certificate]);
    expect(certificates.map(raw)).toEqual([subject.certificate, other.certificate, stranger.certificate]);
  });
});

it('takes of two certificates of one key the one that is named like it, as the strict reader does', async () => {
  const other = (await certified(subject, 'ECC_NIST_P256', 'identity')).certificate;
  const id = (byte: number) =>
    der.set(der.sequence(der.oid(oids.localKeyId), der.set(der.octetString(Uint8Array.of(byte)))));
  const shrouded = der.sequence(pbes2({}), der.octetString(encrypted({}, subject.privateKey.bytes())));
  const safes = [
    sealed([certificateBag(other, id(1)), certificateBag(subject.certificate, id(2))]),
    clear(bag(oids.pkcs8ShroudedKeyBag, shrouded, id(2))),
  ];
  const pfx = craftPfx({ safes });
  const [key] = (await inspectPfx(pfx, password)).found.keys;
  expect(new Uint8Array(key?.certificate?.raw ?? [])).toEqual(subject.certificate);
  expect((await readPfx(pfx, password)).certificates).toEqual([subject.certificate, other]);
});

describe('a password that only programs of others take', () => {
  it.each(['', 'pässword', '𠮷🔑'])('%s', async (text) => {
    const odd = Secret.fromText(text);
    const safes = [
      sealed([certificateBag(subject.certificate)], { password: odd }),
      clear(keyBag(subject.privateKey.bytes(), { password: odd })),
    ];
    const pfx = craftPfx({ safes, mac: { password: odd } });
    expect((await inspectPfx(pfx, odd)).found.keys).toMatchObject([{ state: 'whole' }]);
    const other = inspectPfx(pfx, Secret.fromText(`${text}.`));
    await expect(other).rejects.toMatchObject({ code: 'pfx-wrong-password-or-damaged' });
  });
});
