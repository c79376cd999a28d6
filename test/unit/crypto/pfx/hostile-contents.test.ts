import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Asn1Node, der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { Secret } from '#domain/secret.ts';
import { anotherKeyPair } from '../key-pairs.ts';
import { bag, type CraftedPfx, certificateBag, clear, craftPfx, keyBag, sealed } from './crafted.ts';
import { craftedOf, goodSafes, plainly, refusal, refusalBy } from './refusals.ts';
import { certified, otherPassword, password, subjectOf, type TestSubject } from './subject.ts';

let subject: TestSubject;
let pkcs8: Uint8Array;

beforeAll(async () => {
  subject = await subjectOf();
  pkcs8 = subject.privateKey.bytes();
});

const crafted = (change: Partial<CraftedPfx> = {}) => craftedOf(subject, change);
const certificates = () => sealed([certificateBag(subject.certificate)]);
const withKey = (key: Uint8Array) => craftPfx({ safes: [certificates(), clear(keyBag(key))] });
const withCertificates = (bags: Asn1Node[] | Uint8Array) =>
  craftPfx({ safes: [sealed(bags), clear(keyBag(pkcs8))] });
const inspected = async (bytes: Uint8Array) => (await inspectPfx(bytes, password)).found;

describe('a backup holds nothing in clear', () => {
  it('no private key', async () => {
    const plain = bag(oids.keyBag, der.raw(pkcs8));
    const alone = craftPfx({ safes: [certificates(), clear(plain)] });
    expect(await refusal(alone)).toBe(plainly('pfx-unprotected'));
    expect(await refusal(crafted({ safes: [...goodSafes(subject), clear(plain)] }))).toBe(
      plainly('pfx-unprotected'),
    );
    const { found, traits } = await inspectPfx(alone, password);
    expect(found.keys).toMatchObject([{ state: 'whole' }]);
    expect(traits.keys).toEqual(['none']);
  });

  it('no certificate', async () => {
    const bytes = crafted({ safes: [clear(certificateBag(subject.certificate)), clear(keyBag(pkcs8))] });
    expect(await refusal(bytes)).toBe(plainly('pfx-unprotected'));
    expect((await inspectPfx(bytes, password)).traits.certificates).toEqual(['none']);
  });
});

describe('a backup holds one private key', () => {
  it('not two, not none', async () => {
    const two = [certificates(), clear(keyBag(pkcs8), keyBag(pkcs8))];
    expect(await refusal(crafted({ safes: two }))).toBe(plainly('pfx-key-count'));
    const apart = [certificates(), clear(keyBag(pkcs8)), clear(keyBag(pkcs8))];
    expect(await refusal(crafted({ safes: apart }))).toBe(plainly('pfx-key-count'));
    expect(await refusal(crafted({ safes: [certificates()] }))).toBe(plainly('pfx-key-count'));
    expect((await inspected(crafted({ safes: two }))).keys).toHaveLength(2);
    expect((await inspected(crafted({ safes: [certificates()] }))).keys).toHaveLength(0);
  });

  it('not inside an encrypted part, where its cost could not be seen', async () => {
    const bytes = withCertificates([certificateBag(subject.certificate), keyBag(pkcs8)]);
    expect(await refusal(bytes)).toMatch(/^pfx-unsupported: the file has a private key inside/);
    expect((await inspected(bytes)).keys).toMatchObject([{ state: 'whole' }, { state: 'whole' }]);
  });

  it('not more than a person can tell apart', async () => {
    const many = Array.from({ length: 17 }, () => keyBag(pkcs8));
    const bytes = crafted({ safes: [clear(...many)] });
    expect(await refusalBy(() => inspectPfx(bytes, password))).toBe(plainly('pfx-too-large'));
  });
});

describe('a backup holds nothing else', () => {
  it.each([
    [oids.crlBag, 'a revocation list'],
    [oids.secretBag, 'a secret'],
    [oids.safeContentsBag, 'a container within a container'],
    [oids.data, `a bag of type ${oids.data}`],
  ])('such as a bag of type %s', async (type, what) => {
    const other = bag(type, der.sequence());
    const why = `pfx-foreign-content: the file holds ${what}`;
    const outside = crafted({ safes: [...goodSafes(subject), clear(other)] });
    const inside = withCertificates([certificateBag(subject.certificate), other]);
    for (const bytes of [outside, inside]) {
      expect(await refusal(bytes)).toBe(why);
      const { keys, others } = await inspected(bytes);
      expect(keys).toMatchObject([{ state: 'whole' }]);
      expect(others).toEqual(type === oids.safeContentsBag ? [] : [what]);
    }
  });

  it('such as a certificate of another kind', async () => {
    const sdsi = der.sequence(der.oid('1.2.840.113549.1.9.22.2'), der.context(0, der.utf8String('x')));
    const bytes = withCertificates([certificateBag(subject.certificate), bag(oids.certBag, sdsi)]);
    expect(await refusal(bytes)).toBe('pfx-foreign-content: the file holds a certificate that is not X.509');
    expect((await inspected(bytes)).others).toEqual(['a certificate that is not X.509']);
  });

  it('finds what stands in containers within containers, for a person', async () => {
    const nested = bag(oids.safeContentsBag, der.sequence(keyBag(pkcs8)));
    const bytes = crafted({ safes: [certificates(), clear(nested)] });
    expect((await inspected(bytes)).keys).toMatchObject([{ state: 'whole' }]);
  });
});

describe('its certificates', () => {
  it('are no more than a chain has', async () => {
    const bags = Array.from({ length: 33 }, () => certificateBag(subject.certificate));
    expect(await refusal(withCertificates(bags))).toBe(plainly('pfx-too-large'));
  });

  it('are at least one, but not where a person asks about any file', async () => {
    const bare = crafted({ safes: [clear(keyBag(pkcs8))] });
    expect(await refusal(bare)).toBe('pfx-unsupported: the file holds no certificate');
    expect(await inspected(bare)).toMatchObject({ keys: [{ state: 'whole' }], certificates: [] });
  });

  it('are of the private key', async () => {
    const other = await certified(anotherKeyPair('ECC_NIST_P256'), 'ECC_NIST_P256', 'encryption');
    const bytes = withCertificates([certificateBag(other.certificate)]);
    expect(await refusal(bytes)).toBe(plainly('pfx-key-mismatch'));
    const [key] = (await inspected(bytes)).keys;
    expect([key?.state, key?.certificate]).toEqual(['whole', undefined]);
  });

  it.each([
    ['that is none', () => encodeDer(der.sequence())],
    ['with bytes after it', () => Buffer.concat([subject.certificate, Buffer.of(0)])],
  ])('are refused with one %s', async (_, certificate) => {
    const bytes = withCertificates([certificateBag(certificate()), certificateBag(subject.certificate)]);
    expect(await refusal(bytes)).toMatch(/^pfx-malformed: /);
    expect((await inspected(bytes)).others).toEqual(['a certificate that cannot be read']);
  });
});

/** The subject's certificate with a public key of an algorithm that nobody knows. */
function unknownKind(): Uint8Array {
  const bytes = Uint8Array.from(subject.certificate);
  const ecPublicKey = encodeDer(der.oid(oids.ecPublicKey));
  const at = Buffer.from(bytes).indexOf(ecPublicKey);
  bytes[at + ecPublicKey.length - 1] = 0x7e;
  return bytes;
}

describe('a certificate whose key is of a kind that nobody knows', () => {
  it('may stand beside the right one', async () => {
    expect(() => new X509Certificate(unknownKind()).publicKey).toThrow();
    const both = [certificateBag(unknownKind()), certificateBag(subject.certificate)];
    expect((await readPfx(withCertificates(both), password)).certificates).toHaveLength(2);
    expect((await inspected(withCertificates(both))).keys[0]?.certificate).toBeDefined();
  });

  it('is not that of the private key', async () => {
    const alone = withCertificates([certificateBag(unknownKind())]);
    expect(await refusal(alone)).toBe(plainly('pfx-key-mismatch'));
    expect((await inspected(alone)).keys[0]?.certificate).toBeUndefined();
    const { privateKey, certificate } = subject;
    const file = { privateKey, friendlyName: 'n', password, iterations: 1 };
    const refused = writePfx({ ...file, certificates: [unknownKind()] });
    await expect(refused).rejects.toMatchObject({ code: 'pfx-key-mismatch' });
    await expect(writePfx({ ...file, certificates: [unknownKind(), certificate] })).resolves.toBeDefined();
  });
});

describe('parts that do not belong together', () => {
  it.each([
    ['bytes that are no SafeContents', () => Buffer.from('no bags')],
    ['nothing', () => new Uint8Array()],
    ['bytes after the bags', () => Buffer.concat([encodeDer(der.sequence()), Buffer.of(5, 0)])],
  ])('%s under the MAC', async (_, bags) => {
    expect(await refusal(withCertificates(bags()))).toBe(plainly('pfx-parts-differ'));
    expect(await refusalBy(() => inspectPfx(withCertificates(bags()), password))).toBe(
      plainly('pfx-parts-differ'),
    );
  });

  it.each([
    ['that does not decrypt', { bytes: new Uint8Array(32) }],
    ['of no whole blocks', { bytes: new Uint8Array(31) }],
    ['of no bytes', { bytes: new Uint8Array() }],
    ['under another password', { password: otherPassword }],
  ])('a key %s', async (_, how) => {
    const bytes = craftPfx({ safes: [certificates(), clear(keyBag(pkcs8, how))] });
    expect(await refusal(bytes)).toBe(plainly('pfx-parts-differ'));
    expect(await refusalBy(() => inspectPfx(bytes, password))).toBe(plainly('pfx-parts-differ'));
  });

  it("another enrollment's placeholder and key in place of ours: the proof sees it", async () => {
    const other = await certified(anotherKeyPair('ECC_NIST_P256'), 'ECC_NIST_P256', 'encryption');
    const pfx = craftedOf(other);
    const { publicKey, purpose } = subject;
    await expect(readPfx(pfx, password)).resolves.toBeDefined();
    await expect(provePfx({ pfx, password, publicKey, purpose })).rejects.toMatchObject({
      code: 'proof-failed',
      cause: { code: 'pfx-other-key' },
    });
    const placeholderOnly = withCertificates([certificateBag(other.certificate)]);
    await expect(provePfx({ pfx: placeholderOnly, password, publicKey, purpose })).rejects.toMatchObject({
      cause: { code: 'pfx-key-mismatch' },
    });
  });
});

describe('its private key', () => {
  it('is refused with a changed scalar, though the public key inside is right', async () => {
    const scalarAt = Buffer.from(pkcs8).indexOf(Buffer.of(4, 32)) + 2;
    const changed = Uint8Array.from(pkcs8, (byte, i) => (i === scalarAt + 31 ? byte ^ 1 : byte));
    createPrivateKey({ key: Buffer.from(changed), format: 'der', type: 'pkcs8' });
    expect(await refusal(withKey(changed))).toBe(plainly('pfx-key-damaged'));
    expect((await inspected(withKey(changed))).keys).toMatchObject([{ state: 'damaged' }]);
  });

  it('is refused with any number of an RSA key that is wrong', async () => {
    const rsa = await subjectOf('RSA_2048');
    const whole = rsa.privateKey.bytes();
    const jwk = createPrivateKey({ key: Buffer.from(whole), format: 'der', type: 'pkcs8' }).export({
      format: 'jwk',
    });
    const withRsa = (key: Uint8Array) =>
      craftPfx({ safes: [sealed([certificateBag(rsa.certificate)]), clear(keyBag(key))] });
    expect((await readPfx(withRsa(whole), password)).certificates).toHaveLength(1);
    for (const part of [jwk.n, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi]) {
      const bytes = Buffer.from(part ?? '', 'base64url');
      const last = Buffer.from(whole).indexOf(bytes) + bytes.length - 1;
      const changed = Uint8Array.from(whole, (byte, i) => (i === last ? byte ^ 2 : byte));
      expect(await refusal(withRsa(changed))).toBe(plainly('pfx-key-damaged'));
      expect((await inspected(withRsa(changed))).keys).toMatchObject([{ state: 'damaged' }]);
    }
  });

  it('is not tried if it is of a kind that this service does not make', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const key = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
    expect(await refusal(withKey(key))).toBe('pfx-unsupported: the private key is neither RSA nor EC');
    expect((await inspected(withKey(key))).keys).toMatchObject([{ state: 'not tried' }]);
  });
});

/** A certificate bag whose friendly name has these octets: written as an octet string, then given the BMPString's tag. */
function namedBy(octets: Uint8Array): Uint8Array {
  const name = der.sequence(der.oid(oids.friendlyName), der.set(der.octetString(octets)));
  const bytes = encodeDer(der.sequence(certificateBag(subject.certificate, der.set(name))));
  bytes[Buffer.from(bytes).lastIndexOf(octets) - 2] = 0x1e;
  return bytes;
}

describe('its attributes', () => {
  const named = (...attributes: Asn1Node[]) =>
    withCertificates([certificateBag(subject.certificate, der.set(...attributes))]);
  const attribute = (oid: string, ...values: Asn1Node[]) => der.sequence(der.oid(oid), der.set(...values));
  const name = (text: string) => attribute(oids.friendlyName, der.bmpString(text));

  it.each([
    ['twice', () => named(name('a'), name('a'))],
    ['with two values', () => named(attribute(oids.friendlyName, der.bmpString('a'), der.bmpString('b')))],
    ['with none', () => named(attribute(oids.localKeyId))],
    ['of another type', () => named(attribute(oids.friendlyName, der.utf8String('a')))],
    ['of an odd length', () => withCertificates(namedBy(Buffer.from('odd')))],
    ['with half a character', () => withCertificates(namedBy(Buffer.of(0xd8, 0x3d, 0, 0x41)))],
  ])('are refused %s', async (_, bytes) => {
    expect(await refusal(bytes())).toMatch(/^pfx-malformed: /);
    expect(await refusalBy(() => inspectPfx(bytes(), password))).toMatch(/^pfx-malformed: /);
  });

  it('may hold characters beyond the BMP, as two surrogates', async () => {
    const bytes = withCertificates(namedBy(Buffer.of(0xd8, 0x3d, 0xdd, 0x11)));
    expect((await readPfx(bytes, password)).certificates).toHaveLength(1);
  });

  it('are passed over if they are not known', async () => {
    const bytes = named(attribute(oids.commonName, der.utf8String('x')));
    expect((await readPfx(bytes, password)).certificates).toHaveLength(1);
  });

  it('are refused at a container too, which has no use for them', async () => {
    const nested = bag(
      oids.safeContentsBag,
      der.sequence(keyBag(pkcs8)),
      der.set(attribute(oids.localKeyId)),
    );
    const bytes = crafted({ safes: [certificates(), clear(nested)] });
    expect(await refusalBy(() => inspectPfx(bytes, password))).toMatch(/^pfx-malformed: /);
  });

  it('are not more than anybody writes', async () => {
    const many = Array.from({ length: 17 }, (_, i) => attribute(`1.2.3.${i}`, der.null()));
    expect(await refusal(named(...many))).toBe(plainly('pfx-too-large'));
    expect((await readPfx(named(...many.slice(1)), password)).certificates).toHaveLength(1);
  });

  it('have no id of any length', async () => {
    const id = attribute(oids.localKeyId, der.octetString(new Uint8Array(257)));
    expect(await refusal(named(id))).toBe(plainly('pfx-too-large'));
  });
});

it('refuses passwords that no two programs agree on', async () => {
  for (const text of ['', 'pässword', 'tab\t']) {
    await expect(readPfx(crafted(), Secret.fromText(text))).rejects.toMatchObject({
      code: 'password-not-ascii',
    });
  }
});
