import { createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Asn1Node, der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { type PfxReadOptions, readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { errorTable } from '#domain/error-codes.ts';
import { PfxError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { anotherKeyPair } from '../key-pairs.ts';
import {
  bag,
  type CraftedEncryption,
  type CraftedPfx,
  certificateBag,
  clear,
  contentInfo,
  craftPfx,
  integerOf,
  keyBag,
  pbes2,
  sealed,
} from './crafted.ts';
import { certified, otherPassword, password, subjectOf, type TestSubject } from './subject.ts';

let subject: TestSubject;
let pkcs8: Uint8Array;

beforeAll(async () => {
  subject = await subjectOf();
  pkcs8 = subject.privateKey.bytes();
});

const goodSafes = () => [sealed([certificateBag(subject.certificate)]), clear(keyBag(pkcs8))];
const crafted = (change: Partial<CraftedPfx> = {}) => craftPfx({ safes: goodSafes(), ...change });
const withKey = (how: CraftedEncryption) =>
  crafted({ safes: [sealed([certificateBag(subject.certificate)]), clear(keyBag(pkcs8, how))] });
const withCertificates = (bags: Asn1Node[] | Uint8Array) =>
  crafted({ safes: [sealed(bags), clear(keyBag(pkcs8))] });

async function refusal(bytes: Uint8Array, options: PfxReadOptions = {}, secret: Secret = password) {
  const error = await readPfx(bytes, secret, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof PfxError)) throw error;
  return `${error.code}: ${error.message}`;
}

/** The code and the general sentence of the code, where there is nothing more to say. */
const plainly = (code: keyof typeof errorTable) => `${code}: ${errorTable[code].meaning}`;

it('reads a crafted file that is as it should be', async () => {
  const content = await readPfx(crafted(), password);
  expect(content.privateKey.bytes()).toEqual(pkcs8);
  expect(content.iterations).toEqual({ mac: 1, key: 1, certificates: 1 });
});

describe('of the outer structure', () => {
  it.each([
    ['nothing at all', () => new Uint8Array()],
    ['text', () => Buffer.from('-----BEGIN CERTIFICATE-----')],
    ['a certificate', () => subject.certificate],
    ['trailing bytes', () => Buffer.concat([crafted(), Buffer.of(0)])],
    ['a second file', () => Buffer.concat([crafted(), crafted()])],
    ['more elements than it may have', () => crafted({ more: [der.null()] })],
    ['a null beside the content', () => crafted({ version: der.null() })],
    ['an open length', () => Buffer.concat([Buffer.of(0x30, 0x80), crafted().subarray(4), Buffer.of(0, 0)])],
    ['a padded length', () => Buffer.concat([Buffer.of(0x30, 0x83, 0), crafted().subarray(2)])],
  ])('refuses %s as malformed', async (_, bytes) => {
    expect(await refusal(bytes())).toMatch(/^pfx-malformed: the file /);
  });

  it('refuses what is larger than a mebibyte before it looks inside', async () => {
    expect(await refusal(new Uint8Array(1_048_577))).toBe(plainly('pfx-too-large'));
    expect(await refusal(new Uint8Array(1_048_576))).toMatch(/^pfx-malformed/);
  });

  it('refuses more elements than a file has, and deep nesting', async () => {
    const many = encodeDer(der.sequence(...Array.from({ length: 129 }, () => der.null())));
    expect(await refusal(many)).toBe(plainly('pfx-too-large'));
    const deep = Buffer.concat([Buffer.alloc(400_000, Buffer.of(0x30, 0x80))]);
    expect(await refusal(deep, { accept: 'known' })).toBe(plainly('pfx-too-large'));
    expect(await refusal(crafted({ safes: Array.from({ length: 9 }, () => clear()) }))).toBe(
      plainly('pfx-too-large'),
    );
  });

  it('refuses a mebibyte of empty elements, nested or not', async () => {
    const flat = Buffer.concat([
      Buffer.of(0x30, 0x80),
      Buffer.alloc(1_000_000, Buffer.of(5, 0)),
      Buffer.of(0, 0),
    ]);
    expect(await refusal(flat, { accept: 'known' })).toBe(plainly('pfx-too-large'));
  });

  it.each([
    ['version 2', () => crafted({ version: der.integer(2) }), 'the file is not of PFX version 3'],
    [
      'a signature in place of a MAC',
      () => crafted({ type: oids.signedData }),
      'the file is not protected by a password',
    ],
    [
      'content for a recipient',
      () => crafted({ safes: [...goodSafes(), contentInfo('1.2.840.113549.1.7.3', der.null())] }),
      'the file has content of type 1.2.840.113549.1.7.3',
    ],
  ])('does not support %s', async (_, bytes, why) => {
    expect(await refusal(bytes())).toBe(`pfx-unsupported: ${why}`);
  });
});

describe('of the MAC', () => {
  it('refuses a file without one', async () => {
    expect(await refusal(crafted({ mac: 'none' }))).toBe(plainly('pfx-no-mac'));
    expect(await refusal(crafted({ mac: 'none' }), { accept: 'known' })).toBe(plainly('pfx-no-mac'));
  });

  it('refuses a wrong one and a wrong password alike', async () => {
    const wrong = crafted({ mac: { value: new Uint8Array(32) } });
    expect(await refusal(wrong)).toBe(plainly('pfx-wrong-password-or-damaged'));
    expect(await refusal(crafted(), {}, otherPassword)).toBe(plainly('pfx-wrong-password-or-damaged'));
  });

  it('refuses one cut short', async () => {
    expect(await refusal(crafted({ mac: { value: new Uint8Array(31) } }))).toMatch(/^pfx-malformed/);
    expect(await refusal(crafted({ mac: { value: new Uint8Array() } }))).toMatch(/^pfx-malformed/);
  });

  it.each([
    [oids.sha512, 'a SHA-512 MAC'],
    [oids.pbmac1, 'PBMAC1'],
    ['1.2.840.113549.2.5', 'the algorithm 1.2.840.113549.2.5'],
  ])('does not support %s, and names it', async (digest, name) => {
    expect(await refusal(crafted({ mac: { digest } }), { accept: 'known' })).toBe(
      `pfx-unsupported: the file uses ${name}`,
    );
  });
});

describe('of the work it asks for', () => {
  const counts: [string, string, string][] = [
    ['zero', '00', 'pfx-malformed'],
    ['minus one', 'ff', 'pfx-malformed'],
    ['-2^31', '80000000', 'pfx-malformed'],
    ['no digits', '', 'pfx-malformed'],
    ['3,000,001', '2dc6c1', 'pfx-costly'],
    ['2^31', '0080000000', 'pfx-costly'],
    ['2^63', '008000000000000000', 'pfx-costly'],
    ['2^512', `01${'00'.repeat(64)}`, 'pfx-costly'],
  ];

  it.each(counts)('refuses %s iterations of the MAC', async (_, hex, code) => {
    expect(await refusal(crafted({ mac: { iterations: integerOf(hex) } }))).toContain(`${code}: `);
  });

  it.each(counts)('refuses %s iterations of the key', async (_, hex, code) => {
    expect(await refusal(withKey({ iterations: integerOf(hex) }))).toContain(`${code}: `);
  });

  it.each(counts)('refuses %s iterations of the certificates', async (_, hex, code) => {
    const safe = sealed([certificateBag(subject.certificate)], { iterations: integerOf(hex) });
    expect(await refusal(crafted({ safes: [safe, clear(keyBag(pkcs8))] }))).toContain(`${code}: `);
  });

  it('counts all derivations against one budget, before the first is made', async () => {
    const pfx = await writePfx({
      ...subject,
      certificates: [subject.certificate],
      friendlyName: 'n',
      password,
      iterations: 100,
    });
    expect(await refusal(pfx, { iterationBudget: 299 }, otherPassword)).toBe(plainly('pfx-costly'));
    expect(await refusal(pfx, { iterationBudget: 300 }, otherPassword)).toBe(
      plainly('pfx-wrong-password-or-damaged'),
    );
  });

  it.each([
    ['0', integerOf('00')],
    ['1', integerOf('01')],
    ['16', integerOf('10')],
    ['2^31', integerOf('0080000000')],
    ['-32', integerOf('e0')],
  ])('refuses a key length of %s for a 32-byte key', async (_, keyLength) => {
    expect(await refusal(withKey({ keyLength }))).toMatch(/^pfx-malformed/);
  });

  it('takes the key length that the cipher has', async () => {
    expect((await readPfx(withKey({ keyLength: integerOf('20') }), password)).profile).toBe('modern');
  });

  it.each([0, 7, 129])('refuses a salt of %i bytes', async (length) => {
    const salt = new Uint8Array(length);
    const why = `pfx-unsupported: the file uses a salt of ${length} bytes`;
    expect(await refusal(withKey({ salt }))).toBe(why);
    expect(await refusal(crafted({ mac: { salt } }))).toBe(why);
  });

  it.each([0, 8, 17])('refuses an AES vector of %i bytes', async (length) => {
    expect(await refusal(withKey({ iv: new Uint8Array(length) }))).toMatch(/^pfx-malformed/);
  });

  it.each([
    [{ scheme: oids.pbeWithSHAAnd40BitRC2CBC }, 'pbeWithSHAAnd40BitRC2-CBC'],
    [{ kdf: '1.3.6.1.4.1.11591.4.11' }, 'the algorithm 1.3.6.1.4.1.11591.4.11'],
    [{ cipher: oids.desEde3CBC }, 'DES-EDE3-CBC'],
    [{ prf: '1.2.840.113549.2.8' }, 'the algorithm 1.2.840.113549.2.8'],
  ])('does not support %o, and names it', async (how, name) => {
    expect(await refusal(withKey(how), { accept: 'known' })).toBe(`pfx-unsupported: the file uses ${name}`);
  });

  it.each([
    [{ cipher: oids.aes128CBC }, 'aes-128-cbc under PBKDF2 with HMAC-sha256'],
    [{ prf: oids.hmacWithSHA1 }, 'aes-256-cbc under PBKDF2 with HMAC-sha1'],
  ])('takes %o only where a person asks about any file', async (how, name) => {
    expect(await refusal(withKey(how))).toBe(`pfx-unsupported: the file uses ${name}`);
    expect(await refusal(withKey(how), { accept: 'known' })).toBe(plainly('pfx-wrong-password-or-damaged'));
  });
});

describe('of what it holds', () => {
  it('refuses a private key in clear', async () => {
    const plain = bag(oids.keyBag, der.raw(pkcs8));
    expect(await refusal(crafted({ safes: [clear(plain)] }))).toBe(plainly('pfx-unprotected'));
    expect(await refusal(crafted({ safes: [...goodSafes(), clear(plain)] }), { accept: 'known' })).toBe(
      plainly('pfx-unprotected'),
    );
  });

  it('refuses certificates in clear', async () => {
    const safes = [clear(certificateBag(subject.certificate)), clear(keyBag(pkcs8))];
    expect(await refusal(crafted({ safes }))).toBe(plainly('pfx-unprotected'));
    expect(await refusal(crafted({ safes }), { accept: 'known' })).toBe(plainly('pfx-unprotected'));
  });

  it('refuses two keys and none', async () => {
    const certificates = sealed([certificateBag(subject.certificate)]);
    const two = [certificates, clear(keyBag(pkcs8), keyBag(pkcs8))];
    expect(await refusal(crafted({ safes: two }))).toBe(plainly('pfx-key-count'));
    const apart = [certificates, clear(keyBag(pkcs8)), clear(keyBag(pkcs8))];
    expect(await refusal(crafted({ safes: apart }))).toBe(plainly('pfx-key-count'));
    expect(await refusal(crafted({ safes: [certificates] }))).toBe(plainly('pfx-key-count'));
  });

  it.each([oids.crlBag, oids.secretBag, oids.safeContentsBag, oids.data])(
    'refuses a bag of type %s',
    async (type) => {
      const other = bag(type, der.sequence());
      const why = `pfx-unsupported: the file has a bag of type ${type} where none may be`;
      expect(await refusal(crafted({ safes: [...goodSafes(), clear(other)] }))).toBe(why);
      expect(await refusal(withCertificates([certificateBag(subject.certificate), other]))).toBe(why);
    },
  );

  it('refuses a key inside an encrypted part, whose cost could not be seen', async () => {
    expect(await refusal(withCertificates([keyBag(pkcs8)]))).toMatch(/^pfx-unsupported: the file has a bag/);
  });

  it('refuses more certificates than a chain has', async () => {
    const bags = Array.from({ length: 33 }, () => certificateBag(subject.certificate));
    expect(await refusal(withCertificates(bags))).toBe(plainly('pfx-too-large'));
  });

  it('wants a certificate, but not where a person asks about any file', async () => {
    const bare = crafted({ safes: [clear(keyBag(pkcs8))] });
    expect(await refusal(bare)).toBe('pfx-unsupported: the file holds no certificate');
    const content = await readPfx(bare, password, { accept: 'known' });
    expect(content).toMatchObject({ certificates: [], iterations: { certificates: 0 } });
  });

  it('refuses a certificate of another key', async () => {
    const other = await certified(anotherKeyPair('ECC_NIST_P256'), 'ECC_NIST_P256', 'encryption');
    expect(await refusal(withCertificates([certificateBag(other.certificate)]))).toBe(
      plainly('pfx-key-mismatch'),
    );
  });

  it.each([
    ['bytes that are no SafeContents', () => Buffer.from('no bags')],
    ['nothing', () => new Uint8Array()],
    ['bytes after the bags', () => Buffer.concat([encodeDer(der.sequence()), Buffer.of(5, 0)])],
    ['a certificate that is none', () => [certificateBag(encodeDer(der.sequence()))]],
    [
      'a certificate with bytes after it',
      () => [certificateBag(Buffer.concat([subject.certificate, Buffer.of(0)]))],
    ],
  ])('calls %s under the MAC damage', async (_, bags) => {
    expect(await refusal(withCertificates(bags()))).toBe(plainly('pfx-wrong-password-or-damaged'));
  });

  it('calls a key that does not decrypt damage', async () => {
    const wrong = der.sequence(pbes2({}), der.octetString(new Uint8Array(32)));
    const safes = [
      sealed([certificateBag(subject.certificate)]),
      clear(bag(oids.pkcs8ShroudedKeyBag, wrong)),
    ];
    expect(await refusal(crafted({ safes }))).toBe(plainly('pfx-wrong-password-or-damaged'));
  });

  it.each([['an Ed25519 key', 'MC4CAQAwBQYDK2VwBCIEIBISEhISEhISEhISEhISEhISEhISEhISEhISEhISEhIS']])(
    'does not support %s',
    async (_, base64) => {
      const key = Buffer.from(base64, 'base64');
      createPrivateKey({ key, format: 'der', type: 'pkcs8' });
      const safes = [sealed([certificateBag(subject.certificate)]), clear(keyBag(key))];
      expect(await refusal(crafted({ safes }))).toBe(
        'pfx-unsupported: the private key is neither RSA nor EC',
      );
    },
  );
});

/** A certificate bag whose friendly name has three octets: written as an octet string, then given the BMPString's tag. */
function oddName(): Uint8Array {
  const name = der.sequence(der.oid(oids.friendlyName), der.set(der.octetString(Buffer.from('odd'))));
  const bytes = encodeDer(der.sequence(certificateBag(subject.certificate, der.set(name))));
  bytes[Buffer.from(bytes).lastIndexOf('odd') - 2] = 0x1e;
  return bytes;
}

describe('of its attributes', () => {
  const named = (...attributes: Asn1Node[]) =>
    withCertificates([certificateBag(subject.certificate, der.set(...attributes))]);
  const attribute = (oid: string, ...values: Asn1Node[]) => der.sequence(der.oid(oid), der.set(...values));

  it.each([
    [
      'twice',
      () =>
        named(
          attribute(oids.friendlyName, der.bmpString('a')),
          attribute(oids.friendlyName, der.bmpString('a')),
        ),
    ],
    ['with two values', () => named(attribute(oids.friendlyName, der.bmpString('a'), der.bmpString('b')))],
    ['with none', () => named(attribute(oids.localKeyId))],
    ['of another type', () => named(attribute(oids.friendlyName, der.utf8String('a')))],
    ['of an odd length', () => withCertificates(oddName())],
  ])('refuses one %s', async (_, bytes) => {
    const code = await refusal(bytes());
    expect(code).toBe(plainly('pfx-wrong-password-or-damaged'));
  });

  it('passes over those that it does not know', async () => {
    const content = await readPfx(named(attribute(oids.commonName, der.utf8String('x'))), password);
    expect(content.certificates).toHaveLength(1);
  });
});

describe('of a damaged private key', () => {
  it('notices a changed scalar, though the public key inside is right', async () => {
    const scalarAt = Buffer.from(pkcs8).indexOf(Buffer.of(4, 32)) + 2;
    const changed = Uint8Array.from(pkcs8, (byte, i) => (i === scalarAt + 31 ? byte ^ 1 : byte));
    createPrivateKey({ key: Buffer.from(changed), format: 'der', type: 'pkcs8' });
    const safes = [sealed([certificateBag(subject.certificate)]), clear(keyBag(changed))];
    expect(await refusal(crafted({ safes }))).toBe(plainly('pfx-key-mismatch'));
  });

  it('notices any number of an RSA key that is wrong', async () => {
    const rsa = await subjectOf('RSA_2048');
    const whole = rsa.privateKey.bytes();
    const jwk = createPrivateKey({ key: Buffer.from(whole), format: 'der', type: 'pkcs8' }).export({
      format: 'jwk',
    });
    const certificates = sealed([certificateBag(rsa.certificate)]);
    expect((await readPfx(crafted({ safes: [certificates, clear(keyBag(whole))] }), password)).profile).toBe(
      'modern',
    );
    for (const part of [jwk.n, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi]) {
      const bytes = Buffer.from(part ?? '', 'base64url');
      const last = Buffer.from(whole).indexOf(bytes) + bytes.length - 1;
      const changed = Uint8Array.from(whole, (byte, i) => (i === last ? byte ^ 2 : byte));
      const safes = [certificates, clear(keyBag(changed))];
      expect(await refusal(crafted({ safes }))).toBe(plainly('pfx-key-mismatch'));
    }
  });
});

it('refuses passwords that no program agrees on', async () => {
  for (const text of ['', 'pässword', 'tab\t']) {
    await expect(readPfx(crafted(), Secret.fromText(text))).rejects.toMatchObject({
      code: 'password-not-ascii',
    });
  }
});
