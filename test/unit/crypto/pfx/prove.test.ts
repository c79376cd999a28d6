import { createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { der } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { readBackupForm } from '#crypto/pfx/backup-form.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { type PfxToProve, provePfx } from '#crypto/pfx/prove.ts';
import { opensWithoutPassword } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { runInWorker } from '#crypto/worker/pool.ts';
import { ProofError } from '#domain/errors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { purposes } from '#domain/purpose.ts';
import { Secret } from '#domain/secret.ts';
import { keyPair } from '../key-pairs.ts';
import { bag, certificateBag, clear, craftPfx, keyBag, sealed } from './crafted.ts';
import { otherPassword, password, subjectOf, type TestSubject } from './subject.ts';

const write = (
  { privateKey, certificate }: TestSubject,
  derivations?: PfxDerivations,
  profile: PfxProfile = 'modern',
) =>
  writePfx({
    profile,
    privateKey,
    certificates: [certificate],
    friendlyName: 'name',
    password,
    iterations: 5,
    ...(derivations === undefined ? {} : { derivations }),
  });

async function toProve(subject: TestSubject): Promise<PfxToProve> {
  const { publicKey, purpose } = subject;
  return { pfx: await write(subject), password, publicKey, purpose };
}

/** The code of what was wrong. */
async function wrong(input: PfxToProve): Promise<unknown> {
  const error = await provePfx(input).catch((thrown: unknown) => thrown);
  if (!(error instanceof ProofError)) throw error;
  expect(error.code).toBe('proof-failed');
  return error.cause;
}

const cases = keySpecNames.flatMap((spec) => purposes.map((purpose) => ({ spec, purpose })));

describe('a good backup is proved', () => {
  it.each(cases)(
    '$spec for $purpose, its placeholder with the usage of the purpose alone',
    async ({ spec, purpose }) => {
      const proof = await provePfx(await toProve(await subjectOf(spec, purpose)));
      const use = spec.startsWith('RSA') ? 'RSA-OAEP decryption' : 'ECDH key agreement';
      expect(proof).toEqual({
        privateKeyWorks: true,
        passwordSet: true,
        fileRestores: true,
        provedBy: [
          'strict reader',
          ...(purpose === 'encryption' ? [use] : []),
          `OpenSSL ${process.versions.openssl}`,
          'TLSv1.3 handshake',
          'refused without password',
        ],
        friendlyName: 'name',
        certificates: 1,
        iterations: { mac: 5, key: 5, certificates: 5 },
      });
    },
  );

  it('with the keys that writing derived', async () => {
    const derivations = new PfxDerivations();
    const subject = await subjectOf();
    const { publicKey, purpose } = subject;
    const pfx = await write(subject, derivations);
    expect(await provePfx({ pfx, password, publicKey, purpose, derivations })).toMatchObject({
      fileRestores: true,
    });
    expect(await wrong({ pfx, password: otherPassword, publicKey, purpose, derivations })).toMatchObject({
      code: 'pfx-wrong-password-or-damaged',
    });
  });

  it.each(pfxProfiles)('of the profile %s, and of no other', async (written) => {
    const subject = await subjectOf('RSA_2048');
    const { publicKey, purpose } = subject;
    const pfx = await write(subject, undefined, written);
    const input = { pfx, password, publicKey, purpose };
    for (const profile of pfxProfiles) {
      if (profile === written)
        expect(await provePfx({ ...input, profile })).toMatchObject({ passwordSet: true });
      else expect(await wrong({ ...input, profile })).toMatchObject({ code: 'pfx-unsupported' });
    }
  });

  it('several at once', async () => {
    const input = await toProve(await subjectOf());
    const proofs = await Promise.all(Array.from({ length: 8 }, () => provePfx(input)));
    expect(proofs.every(({ privateKeyWorks }) => privateKeyWorks)).toBe(true);
  });
});

describe('nothing else is', () => {
  it('another password', async () => {
    const input = await toProve(await subjectOf());
    expect(await wrong({ ...input, password: otherPassword })).toMatchObject({
      code: 'pfx-wrong-password-or-damaged',
    });
  });

  it('another key than the request has', async () => {
    const input = await toProve(await subjectOf());
    for (const spec of ['ECC_NIST_P384', 'RSA_2048'] as const) {
      const { publicKey } = keyPair(spec);
      expect(await wrong({ ...input, publicKey })).toMatchObject({ code: 'pfx-other-key' });
    }
    expect(await wrong({ ...input, publicKey: new Uint8Array(9) })).toBeInstanceOf(Error);
  });

  it('a file that is none, or has a byte more', async () => {
    const input = await toProve(await subjectOf());
    expect(await wrong({ ...input, pfx: new Uint8Array() })).toMatchObject({ code: 'pfx-malformed' });
    const longer = Buffer.concat([input.pfx, Buffer.of(0)]);
    expect(await wrong({ ...input, pfx: longer })).toMatchObject({ code: 'pfx-malformed' });
  });

  it('a file that would keep OpenSSL busy: it is never given one', async () => {
    const { privateKey, certificate, publicKey, purpose } = await subjectOf();
    const safes = [sealed([certificateBag(certificate)]), clear(keyBag(privateKey.bytes()))];
    const pfx = craftPfx({ safes, mac: { iterations: der.integer(2_000_000_000) } });
    expect(await wrong({ pfx, password, publicKey, purpose })).toMatchObject({ code: 'pfx-costly' });
  });
});

describe('a file without a password', () => {
  it('is told from one that has one', async () => {
    expect(await opensWithoutPassword(readBackupForm((await toProve(await subjectOf())).pfx, 'modern'))).toBe(
      false,
    );
  });

  it('is seen, whatever its bags are encrypted with', async () => {
    const { privateKey, certificate } = await subjectOf();
    const safes = [sealed([certificateBag(certificate)]), clear(keyBag(privateKey.bytes()))];
    const pfx = craftPfx({ safes, mac: { password: new Secret(new Uint8Array()) } });
    expect(await opensWithoutPassword(readBackupForm(pfx, 'modern'))).toBe(true);
  });
});

describe('what OpenSSL takes alone does not pass', () => {
  const opens = (pfx: Uint8Array) =>
    createSecureContext({ pfx: Buffer.from(pfx), passphrase: password.text() }) !== undefined;

  async function craftedBy(name: string, { privateKey, certificate }: TestSubject): Promise<Uint8Array> {
    const pkcs8 = privateKey.bytes();
    const safes = [sealed([certificateBag(certificate)]), clear(keyBag(pkcs8))];
    if (name === 'no MAC') return craftPfx({ safes, mac: 'none' });
    if (name === 'trailing bytes') return Buffer.concat([craftPfx({ safes }), Buffer.of(0)]);
    if (name === 'a key in clear') {
      return craftPfx({
        safes: [sealed([certificateBag(certificate)]), clear(bag(oids.keyBag, der.raw(pkcs8)))],
      });
    }
    return craftPfx({ safes: [clear(certificateBag(certificate)), clear(keyBag(pkcs8))] });
  }

  it.each([
    ['no MAC', 'pfx-no-mac'],
    ['trailing bytes', 'pfx-malformed'],
    ['a key in clear', 'pfx-unprotected'],
    ['certificates in clear', 'pfx-unprotected'],
  ])('%s', async (name, code) => {
    const subject = await subjectOf();
    const pfx = await craftedBy(name, subject);
    expect(opens(pfx)).toBe(true);
    expect(await wrong({ pfx, password, publicKey: subject.publicKey, purpose: 'encryption' })).toMatchObject(
      { code },
    );
  });

  it('a damaged scalar: our reader sees it, and so does the handshake', async () => {
    const { privateKey, certificate, publicKey, purpose } = await subjectOf();
    const pkcs8 = privateKey.bytes();
    const scalarEnd = Buffer.from(pkcs8).indexOf(Buffer.of(4, 32)) + 33;
    const changed = Uint8Array.from(pkcs8, (byte, i) => (i === scalarEnd ? byte ^ 1 : byte));
    createPrivateKey({ key: Buffer.from(changed), format: 'der', type: 'pkcs8' });
    const pfx = craftPfx({ safes: [sealed([certificateBag(certificate)]), clear(keyBag(changed))] });
    expect(opens(pfx)).toBe(true);
    expect(await wrong({ pfx, password, publicKey, purpose })).toMatchObject({ code: 'pfx-key-damaged' });
    const alone = runInWorker('prove', { pfx, password: password.bytes(), publicKey });
    await expect(alone).rejects.toMatchObject({
      code: 'internal',
      cause: expect.stringMatching(/signature/),
    });
    const used = runInWorker('use-key', { privateKey: changed, publicKey });
    await expect(used).rejects.toMatchObject({ cause: 'the private key does not undo its public key' });
  });
});

describe('the handshake by itself', () => {
  it('wants the key of the request in the certificate', async () => {
    const { pfx } = await toProve(await subjectOf());
    const { publicKey } = keyPair('ECC_NIST_P384');
    await expect(runInWorker('prove', { pfx, password: password.bytes(), publicKey })).rejects.toMatchObject({
      cause: 'the certificate carries another key',
    });
  });

  it('tells of a wrong password without saying it', async () => {
    const { pfx, publicKey } = await toProve(await subjectOf());
    const refused = runInWorker('prove', { pfx, password: otherPassword.bytes(), publicKey });
    await expect(refused).rejects.toMatchObject({ cause: 'mac verify failure' });
  });
});
