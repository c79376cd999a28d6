import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Asn1Node, der } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { Secret } from '#domain/secret.ts';
import { pfxVectors, vectorBytes } from '#test/vectors/pfx/vector.ts';
import { chainFacts } from '../../../cli/pfx/certificate-facts.ts';
import { tellVerdict } from '../../../cli/pfx/tell-verdict.ts';
import { judgePfx } from '../../../cli/verdict.ts';
import { keyPair, withByteChanged } from '../crypto/key-pairs.ts';
import { type ChainOfThree, makeChain } from '../crypto/pfx/chain-of-three.ts';
import {
  bag,
  type CraftedPfx,
  certificateBag,
  clear,
  contentInfo,
  craftPfx,
  integerOf,
  keyBag,
  sealed,
} from '../crypto/pfx/crafted.ts';
import { otherPassword, password, subjectOf, type TestSubject } from '../crypto/pfx/subject.ts';

let subject: TestSubject;
let own: Asn1Node;
let key: Asn1Node;
let chain: ChainOfThree;

beforeAll(async () => {
  subject = await subjectOf();
  own = certificateBag(subject.certificate);
  key = keyBag(subject.privateKey.bytes());
  chain = makeChain();
});

const clearKey = (pkcs8: Uint8Array) => bag(oids.keyBag, der.raw(pkcs8));
const judged = (crafted: CraftedPfx) => judgePfx(craftPfx(crafted), password);
/** The subject's key in a file whose certificates are these. */
const certified = (...certificates: Asn1Node[]) => judged({ safes: [sealed(certificates), clear(key)] });
const noPassword = new Secret(new Uint8Array());

describe('the verdict on a file of another program', () => {
  it.each(pfxVectors.map((vector) => [vector.file, vector] as const))('%s', async (_file, vector) => {
    const { holds, inspection, traits, strict, encoding } = vector;
    const verdict = await judgePfx(vectorBytes(vector), Secret.fromText(vector.password));
    const none = holds.keys.length === 0;
    expect(verdict.code).toBe(inspection ?? (none ? 'pfx-key-count' : null));
    expect(verdict.opens).toBe(verdict.code === null);
    expect(tellVerdict(verdict)).not.toMatch(/undefined|NaN|\[object/);
    if (inspection !== null) return;
    expect(verdict).toMatchObject({
      encoding,
      integrity: { verified: traits.integrity === 'none' ? null : true },
    });
    expect(verdict.keys.map(({ spec, state }) => `${spec} ${state}`)).toEqual(
      holds.keys.map((spec) => `${spec} works`),
    );
    expect(verdict.keys.every(({ certificate }) => certificate !== null)).toBe(holds.certificates > 0);
    expect(verdict.certificates).toHaveLength(holds.certificates);
    expect(verdict.others).toHaveLength(holds.others.length);
    if (!none) expect(verdict.friendlyName).toBe(holds.friendlyName);
    if (strict.refusal === null)
      expect(verdict).toMatchObject({ profile: strict.profile, strict: { ok: true } });
    else expect(verdict.strict.ok).toBe(false);
  });
});

describe('the verdict on what protects a file', () => {
  it('says that a key in clear needs no password', async () => {
    const verdict = await judged({ safes: [clear(clearKey(subject.privateKey.bytes()), own)] });
    expect(verdict).toMatchObject({ opens: true, profile: 'other', guessesASecond: null });
    expect(verdict.problems).toContain(
      'Its private key is not encrypted: whoever has the file has the key, without a password.',
    );
    expect(verdict.problems.some((problem) => problem.startsWith('Its certificates are not encrypted'))).toBe(
      true,
    );
    expect(verdict.strict).toMatchObject({ ok: false, code: 'pfx-unprotected' });
  });

  it('says that without a MAC nobody can tell whether it was changed', async () => {
    const verdict = await judged({ safes: [sealed([own]), clear(key)], mac: 'none' });
    expect(verdict).toMatchObject({ opens: true, integrity: { algorithm: 'nothing', verified: null } });
    expect(verdict.problems).toContain('It has no MAC, so nobody can tell whether it was changed.');
    expect(verdict.strict.code).toBe('pfx-no-mac');
  });

  it('says so of a key in clear where the password is wrong, too', async () => {
    const pfx = craftPfx({ safes: [clear(clearKey(subject.privateKey.bytes()), own)] });
    const verdict = await judgePfx(pfx, otherPassword);
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-wrong-password-or-damaged' });
    expect(verdict.problems).toContain(
      'Its private key is not encrypted: whoever has the file has the key, without a password.',
    );
  });

  it('says that a password was checked by nothing', async () => {
    const checkedByNothing =
      'Nothing in it is under a password: the one that was entered was checked by nothing.';
    const safes = [clear(clearKey(subject.privateKey.bytes()), own)];
    expect((await judged({ safes, mac: 'none' })).problems).toContain(checkedByNothing);
    expect((await judged({ safes })).problems).not.toContain(checkedByNothing);
    const { problems } = await judged({ safes: [sealed([own]), clear(key)], mac: 'none' });
    expect(problems).not.toContain(checkedByNothing);
  });

  it('opens nothing without a MAC under another password', async () => {
    const pfx = craftPfx({ safes: [sealed([own]), clear(key)], mac: 'none' });
    const verdict = await judgePfx(pfx, otherPassword);
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-wrong-password-or-damaged', profile: 'other' });
  });

  it('says that parts do not belong together, though the password is right', async () => {
    const safes = [sealed(Buffer.alloc(64, 1)), clear(key)];
    const verdict = await judged({ safes });
    expect(verdict).toMatchObject({ code: 'pfx-parts-differ', integrity: { verified: true } });
    expect(verdict.problems[0]).toMatch(
      /^The password is right for the file as a whole, .* export it again\.$/,
    );
  });

  it.each([
    ['encrypted to a certificate', { safes: [contentInfo(oids.envelopedData, der.null())] }],
    ['signed in place of a MAC', { type: oids.signedData, safes: [] }],
  ])('says that one %s has no password', async (_, crafted) => {
    const verdict = await judged(crafted);
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-not-by-password', encoding: 'DER' });
    expect(verdict.problems).toEqual([
      "The file is protected by somebody's certificate, not by a password. Export it again under a password.",
    ]);
    expect(tellVerdict(verdict)).toContain('  integrity    ');
  });

  it('says that no password is set', async () => {
    const vector = pfxVectors.find(({ file }) => file === 'openssl-password-empty.p12');
    const verdict = await judgePfx(vectorBytes({ file: vector?.file ?? '' }), noPassword);
    expect(verdict).toMatchObject({
      opens: true,
      guessesASecond: null,
      strict: { code: 'password-not-ascii' },
    });
    expect(verdict.problems[0]).toBe('No password is set on it: whoever has the file has what is in it.');
  });

  it('says that Java takes no password beyond ASCII', async () => {
    const beyond = Secret.fromText('pässwörd');
    const pfx = craftPfx({
      safes: [clear(clearKey(subject.privateKey.bytes()), own)],
      mac: { password: beyond },
    });
    const { targets, opens } = await judgePfx(pfx, beyond);
    expect(opens).toBe(true);
    for (const target of ['java-8', 'java-17', 'java-26']) {
      expect(targets.find((each) => each.target === target)).toMatchObject({
        imports: 'no',
        why: expect.stringMatching(/^takes passwords of ASCII only/),
      });
    }
    expect(targets.find(({ target }) => target === 'openssl-3')).toMatchObject({ imports: 'yes' });
  });
});

describe('the verdict on private keys', () => {
  it('says that one is damaged, behind its right public key', async () => {
    const { privateKey } = subject;
    // The scalar of a P-256 key begins at byte 36 of its PKCS#8.
    const damaged = withByteChanged(privateKey.bytes(), 40);
    const verdict = await judged({ safes: [sealed([own]), clear(keyBag(damaged))] });
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-key-damaged', keys: [{ state: 'damaged' }] });
    expect(verdict.problems[0]).toBe(
      'The private key in the file is damaged. Take another copy of the file.',
    );
    expect(tellVerdict(verdict)).toMatch(
      /^It opens, but its private key is of no use \(pfx-key-damaged\)\.\n/,
    );
  });

  it.each([
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['X25519', () => generateKeyPairSync('x25519')],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 1_024, divisorLength: 160 })],
  ])('does not try one of another kind: %s', async (_, generate) => {
    const pkcs8 = generate().privateKey.export({ type: 'pkcs8', format: 'der' });
    const verdict = await judged({ safes: [clear(keyBag(pkcs8))] });
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-unsupported', key: null, certificate: 'none' });
    expect(verdict.keys).toMatchObject([{ state: 'not tried', kind: null, spkiSha256: null }]);
    expect(verdict.problems[0]).toContain('neither RSA of two primes nor EC on P-256, P-384 or P-521');
    expect(tellVerdict(verdict)).toMatch(
      /^It opens, but its private key was not tried \(pfx-unsupported\)\.\n/,
    );
  });

  it('tries each of several, and says whose certificate is whose', async () => {
    const other = await subjectOf('ECC_NIST_P384');
    const safes = [
      sealed([certificateBag(other.certificate), own]),
      clear(key, keyBag(other.privateKey.bytes())),
    ];
    const verdict = await judged({ safes });
    expect(verdict).toMatchObject({ opens: true, chain: null, strict: { code: 'pfx-key-count' } });
    const specs = ['ECC_NIST_P256', 'ECC_NIST_P384'];
    expect(verdict.keys.map(({ spec }) => spec)).toEqual(specs);
    expect(verdict.keys.map(({ certificate }) => certificate).sort()).toEqual([0, 1]);
    expect(verdict.problems).toContain('It holds 2 private keys; some programs take only the first.');
    expect(tellVerdict(verdict)).toMatch(
      /^It opens, and its 2 private keys work\.\n.*, of certificate \d below\n/,
    );
  });

  it('is of no use where one of several has not its certificate', async () => {
    const safes = [sealed([own]), clear(key, keyBag(keyPair('ECC_NIST_P521').privateKey.bytes()))];
    const verdict = await judged({ safes });
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-key-mismatch' });
    expect(tellVerdict(verdict)).toContain(', of no certificate below\n');
  });

  it('says that there is none, though all the rest is in order', async () => {
    const verdict = await judged({ safes: [sealed([own])] });
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-key-count', certificates: [{ hasKey: false }] });
    expect(tellVerdict(verdict)).toMatch(
      /^It opens, but holds no private key\.\n {2}note +It holds no private key, /,
    );
  });
});

describe('the verdict on which systems import a file', () => {
  const importsOf = async (...safes: Asn1Node[]) => {
    const { targets } = await judged({ safes });
    return new Map(targets.map(({ target, imports, why }) => [target, `${imports}: ${why}`]));
  };
  const [modern, compatible] = ['windows-11', 'windows-server-2016'] as const;

  it('is none, where there is no private key', async () => {
    for (const bags of [[own], [bag(oids.secretBag, der.null())]]) {
      const told = await importsOf(sealed(bags));
      expect(told.get(modern)).toBe('no: there is no private key to import');
      expect([...told.values()].every((each) => each.startsWith('no: there is no private key'))).toBe(true);
    }
    expect((await importsOf(sealed([own]))).get(compatible)).toBe(
      'no: there is no private key to import, does not read AES-256',
    );
  });

  it('is none that is sure, of a key without its certificate', async () => {
    const stranger = certificateBag((await subjectOf('ECC_NIST_P384')).certificate);
    for (const told of [await importsOf(clear(key)), await importsOf(sealed([stranger]), clear(key))]) {
      expect(told.get(modern)).toBe('perhaps: may take no private key without its certificate');
      expect(told.get('firefox')).toBe('no: takes no private key without its certificate');
      expect(told.get('java-17')).toMatch(/^no: finds no certificate of its private key/);
      expect(told.get(compatible)).toBe('no: does not read AES-256');
      expect(told.get('macos')).toMatch(
        /^perhaps: may take no private key without its certificate, may not read AES-256/,
      );
    }
  });

  it('is none that is sure, of a key of a kind that is not tried', async () => {
    const pkcs8 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });
    const told = await importsOf(sealed([own]), clear(keyBag(pkcs8)));
    expect(told.get(modern)).toBe('perhaps: may not read this kind of private key');
    expect([...told.values()].some((each) => each.startsWith('yes'))).toBe(false);
  });

  it('is none of a damaged key', async () => {
    const told = await importsOf(
      sealed([own]),
      clear(keyBag(withByteChanged(subject.privateKey.bytes(), 40))),
    );
    expect([...told.values()].every((each) => each.startsWith('no: its private key is damaged'))).toBe(true);
  });
});

describe('the verdict on certificates', () => {
  const { leaf, intermediate, root, privateKey } = makeChain(-1);
  const chained = (...certificates: Uint8Array[]) =>
    judged({
      safes: [sealed(certificates.map((each) => certificateBag(each))), clear(keyBag(privateKey.bytes()))],
    });

  it('says which has expired, and that the key works', async () => {
    const verdict = await chained(leaf, intermediate, root);
    expect(verdict).toMatchObject({
      opens: true,
      certificate: 'issued',
      chain: { inOrder: true, complete: true },
    });
    expect(verdict.certificates.map(({ validity }) => validity)).toEqual(['expired', 'valid', 'valid']);
    expect(verdict.certificates.map(({ selfSigned }) => selfSigned)).toEqual([false, false, true]);
    expect(verdict.certificates[0]).toMatchObject({ issuer: 'CN=Test Issuing CA', daysLeft: -2 });
    expect(verdict.problems.filter((each) => each.includes('expired'))).toHaveLength(1);
    expect(tellVerdict(verdict)).toContain('CN=Test Issuing CA; issued by CN=Test Root; until ');
  });

  it.each([
    ['not in its order', () => [leaf, root, intermediate], { inOrder: false, complete: true, missing: null }],
    [
      'without its root',
      () => [leaf, intermediate],
      { inOrder: true, complete: false, missing: 'CN=Test Root' },
    ],
    ['alone', () => [leaf], { inOrder: true, complete: false, missing: 'CN=Test Issuing CA' }],
    ['with another', () => [chain.root, leaf, intermediate, root], { inOrder: true, unrelated: 1 }],
  ])('says that the chain is %s', async (_, certificates, facts) => {
    expect((await chained(...certificates())).chain).toMatchObject(facts);
  });

  it('says who issued a leaf that stands alone, and nothing of a chain that is whole', async () => {
    expect(tellVerdict(await chained(leaf))).toContain(
      '  chain        without CN=Test Issuing CA, which issued it\n',
    );
    expect(tellVerdict(await certified(own))).not.toContain('  chain ');
  });

  it('names no next step for a file that cannot be converted', async () => {
    const told = async (safes: Asn1Node[]) => tellVerdict(await judged({ safes }));
    expect(await told([sealed([own]), clear(key)])).toContain('escrow convert FILE --for TARGET');
    expect(await told([clear(key)])).not.toContain('escrow convert');
    expect(await told([sealed([own])])).not.toContain('escrow convert');
  });

  it('says what is missing to the end of a chain, and what does not belong there', async () => {
    const told = tellVerdict(await chained(leaf, intermediate, chain.leaf));
    expect(told).toContain(
      '  chain        in order, without CN=Test Root, which issued its last, and 1 certificate of no part in it\n',
    );
  });

  it('counts what cannot be read among what it holds besides', async () => {
    const cut = certificateBag(subject.certificate.subarray(0, 100));
    const crl = bag(oids.crlBag, der.null());
    const verdict = await certified(own, cut, crl);
    expect(verdict).toMatchObject({ opens: true, strict: { ok: false } });
    expect(verdict.others).toEqual(['a certificate that cannot be read', 'a revocation list']);
    expect(tellVerdict(verdict)).toContain('  besides      a revocation list\n');
  });
});

describe('a hostile file', () => {
  const huge = ['00', '80', 'ff', '7fffffff', '00ffffffff', '7fffffffffffffff', '008000000000000000'];
  const places: [string, (iterations: Asn1Node) => CraftedPfx][] = [
    ['the MAC', (iterations) => ({ safes: [sealed([own]), clear(key)], mac: { iterations } })],
    ['the certificates', (iterations) => ({ safes: [sealed([own], { iterations }), clear(key)] })],
    [
      'the key',
      (iterations) => ({ safes: [sealed([own]), clear(keyBag(subject.privateKey.bytes(), { iterations }))] }),
    ],
    [
      'a key within an encrypted part',
      (iterations) => ({ safes: [sealed([own, keyBag(subject.privateKey.bytes(), { iterations })])] }),
    ],
  ];
  const counts = places.flatMap(([place, crafted]) => huge.map((hex) => [place, hex, crafted] as const));

  it.each(counts)(
    'with a count that nobody should derive is refused: %s, %s',
    async (_place, hex, crafted) => {
      const verdict = await judged(crafted(integerOf(hex)));
      expect(verdict.code).toMatch(/^pfx-(costly|unsafe-parameters)$/);
      expect(tellVerdict(verdict)).toMatch(/^It was not opened \(pfx-[a-z-]+\)\.\n {2}note /);
    },
  );

  it('wherever a byte of it is changed, is judged, and told in plain characters', async () => {
    // Nothing is encrypted or authenticated here, so that each change comes through to whatever reads it.
    const pfx = craftPfx({ safes: [clear(clearKey(subject.privateKey.bytes()), own)], mac: 'none' });
    const change = fc.record({ at: fc.nat(pfx.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const changed = changes.reduce((bytes, { at, by }) => withByteChanged(bytes, at, by), pfx);
        const verdict = await judgePfx(changed, password);
        expect(verdict.opens).toBe(verdict.code === null);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(tellVerdict(verdict)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
        expect(() => JSON.stringify(verdict)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('wherever it is cut short, is judged', async () => {
    const iterations = 1;
    const { privateKey, certificate } = subject;
    const pfx = await writePfx({
      privateKey,
      certificates: [certificate],
      friendlyName: 'n',
      password,
      iterations,
    });
    for (let length = 0; length < pfx.length; length += 7) {
      expect((await judgePfx(pfx.subarray(0, length), password)).code).toBe('pfx-malformed');
    }
  });

  it('with more certificates than anybody has is refused', async () => {
    const many = Array.from({ length: 32 }, () => own);
    expect(await certified(...many)).toMatchObject({ opens: true });
    const safes = [sealed(many), sealed(many), sealed([own]), clear(key)];
    expect(await judged({ safes })).toMatchObject({ opens: false, code: 'pfx-too-large' });
  });

  it('with many issuers of one name has only some of their signatures tried, which a crafted key makes slow', async () => {
    const verify = vi.spyOn(X509Certificate.prototype, 'verify');
    try {
      const crowd = Array.from({ length: 100 }, () => makeChain().root);
      const { intermediate, root } = chain;
      const few = [intermediate, ...crowd.slice(0, 40), root].map((bytes) => new X509Certificate(bytes));
      expect(chainFacts(few)).toMatchObject({ complete: true, unrelated: 40 });
      verify.mockClear();
      const many = [intermediate, ...crowd, root].map((bytes) => new X509Certificate(bytes));
      expect(chainFacts(many)).toMatchObject({ complete: false, missing: 'CN=Test Root' });
      expect(verify.mock.calls).toHaveLength(64);
    } finally {
      verify.mockRestore();
    }
  });

  it('with more private keys than anybody has is refused', async () => {
    const verdict = await judged({ safes: [clear(...Array.from({ length: 17 }, () => key))] });
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-too-large' });
  });
});
