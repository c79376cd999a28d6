import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { describePfx } from '#crypto/pfx/describe.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { humanIterations, type PfxToWrite, randomIterations, writePfx } from '#crypto/pfx/write.ts';
import { makePlaceholderCertificate } from '#crypto/placeholder-certificate.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';
import { keyPair } from '../key-pairs.ts';
import { makeChain } from './chain-of-three.ts';
import { otherPassword, password, subjectOf } from './subject.ts';

async function input(change: Partial<PfxToWrite> = {}): Promise<PfxToWrite> {
  const { privateKey, certificate } = await subjectOf();
  return {
    privateKey,
    certificates: [certificate],
    friendlyName: 'name',
    password,
    iterations: 1,
    ...change,
  };
}

describe('what was written is read back', () => {
  const cases = keySpecNames.flatMap((spec) => pfxProfiles.map((profile) => ({ spec, profile })));

  it.each(cases)('$spec in the profile $profile', async ({ spec, profile }) => {
    const { privateKey, certificate } = await subjectOf(spec);
    const certificates = [certificate];
    const pfx = await writePfx(await input({ privateKey, certificates, iterations: 3, profile }));
    expect(describePfx(pfx)).toMatchObject({ encoding: 'DER', profile });
    const content = await readPfx(pfx, password, { profile });
    expect(content.privateKey.bytes()).toEqual(privateKey.bytes());
    expect(content.certificates).toEqual([certificate]);
    expect(content.iterations).toEqual({ mac: 3, key: 3, certificates: 3 });
  });

  it.each([1, 127, 128, 4_097, randomIterations, humanIterations])(
    'with %i iterations',
    async (iterations) => {
      const { mac, key, certificates } = (
        await readPfx(await writePfx(await input({ iterations })), password)
      ).iterations;
      expect([mac, key, certificates]).toEqual([iterations, iterations, iterations]);
    },
  );

  it.each(['Ωμέγα', '測試 𠮷', 'e\u0301\u0327', '🔑', "O'Neill-van der Berg", 'x'.repeat(255)])(
    'named %s',
    async (friendlyName) => {
      const content = await readPfx(await writePfx(await input({ friendlyName })), password);
      expect(content.friendlyName).toBe(friendlyName);
    },
  );

  it('with its localKeyID, the SHA-1 of the certificate', async () => {
    const { certificate } = await subjectOf();
    const { localKeyId = new Uint8Array() } = await readPfx(await writePfx(await input()), password);
    const { fingerprint } = new X509Certificate(certificate);
    expect(Buffer.from(localKeyId).toString('hex')).toBe(fingerprint.replaceAll(':', '').toLowerCase());
  });

  it('with the certificate first, then its issuers in their order, then any other', async () => {
    const { leaf, intermediate, root, privateKey } = await makeChain();
    const stranger = (await subjectOf('ECC_NIST_P384')).certificate;
    for (const certificates of [
      [leaf, intermediate, root, stranger],
      [stranger, root, leaf, intermediate],
      [root, intermediate, stranger, leaf],
    ]) {
      const pfx = await writePfx(await input({ privateKey, certificates }));
      const read = (await readPfx(pfx, password)).certificates;
      expect(read).toEqual([leaf, intermediate, root, stranger]);
    }
  });

  it('not with an authority of the same name in place of the issuer', async () => {
    const [{ leaf, intermediate, root, privateKey }, other] = [makeChain(), makeChain()];
    const certificates = [other.root, other.intermediate, root, intermediate, leaf];
    const read = (await readPfx(await writePfx(await input({ privateKey, certificates })), password))
      .certificates;
    expect(read).toEqual([leaf, intermediate, root, other.root, other.intermediate]);
  });

  it('of two certificates of one key, the one that was given first', async () => {
    const pair = keyPair('ECC_NIST_P256');
    const facts = { ...pair, label: 'other', purpose: 'identity', now: new Date() } as const;
    const other = await makePlaceholderCertificate({ ...facts, subject: { commonName: 'other' } });
    const { certificate } = await subjectOf();
    for (const certificates of [
      [certificate, other],
      [other, certificate],
    ]) {
      const pfx = await writePfx(await input({ certificates }));
      expect((await readPfx(pfx, password)).certificates).toEqual(certificates);
    }
  });

  it('under any printable ASCII password and any name', async () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 80,
    });
    const names = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((name) => name.length > 0 && name.length < 256 && !name.includes('\0'));
    await fc.assert(
      fc.asyncProperty(
        ascii,
        names,
        fc.integer({ min: 1, max: 20 }),
        async (text, friendlyName, iterations) => {
          const secret = Secret.fromText(text);
          const pfx = await writePfx(await input({ password: secret, friendlyName, iterations }));
          const content = await readPfx(pfx, secret);
          expect(content.friendlyName).toBe(friendlyName);
          const wrong = readPfx(pfx, Secret.fromText(`${text}.`));
          await expect(wrong).rejects.toMatchObject({ code: 'pfx-wrong-password-or-damaged' });
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('writePfx', () => {
  it('never writes the same bytes twice: salts and vectors are fresh', async () => {
    const [first, second] = [await writePfx(await input()), await writePfx(await input())];
    expect(first).toHaveLength(second.length);
    expect(first).not.toEqual(second);
  });

  it('lets the event loop turn while it derives', async () => {
    let [turns, done] = [0, false];
    const turn = () => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await writePfx(await input({ iterations: humanIterations }));
    done = true;
    expect(turns).toBeGreaterThan(100);
  });

  it('leaves key and password as they were', async () => {
    const before = await input();
    const bytes = [before.privateKey, before.password].map((secret) => Buffer.from(secret.bytes()));
    await writePfx(before);
    expect([before.privateKey, before.password].map((secret) => Buffer.from(secret.bytes()))).toEqual(bytes);
  });

  it.each([
    ['password', { password: Secret.fromText('') }, 'password-not-ascii'],
    ['password', { password: Secret.fromText('Straße') }, 'password-not-ascii'],
    ['iterations', { iterations: 0 }, 'invalid-input'],
    ['iterations', { iterations: 1.5 }, 'invalid-input'],
    ['iterations', { iterations: 300_001 }, 'invalid-input'],
    ['friendlyName', { friendlyName: '' }, 'invalid-input'],
    ['friendlyName', { friendlyName: 'x'.repeat(256) }, 'invalid-input'],
    ['friendlyName', { friendlyName: 'half \ud83d' }, 'invalid-input'],
    ['friendlyName', { friendlyName: 'a\0b' }, 'invalid-input'],
    ['certificates', { certificates: [] }, 'invalid-input'],
    ['certificates', { certificates: [Buffer.from('no certificate')] }, 'invalid-input'],
  ])('names the field %s of %o', async (field, change, code) => {
    await expect(writePfx(await input(change))).rejects.toMatchObject({ code, details: { field } });
  });

  it('refuses a certificate twice, one with bytes after it, and too many', async () => {
    const { certificate } = await subjectOf();
    for (const certificates of [
      [certificate, certificate],
      [Buffer.concat([certificate, Buffer.of(0)])],
      Array.from({ length: 17 }, () => certificate),
    ]) {
      const refused = writePfx(await input({ certificates }));
      await expect(refused).rejects.toMatchObject({
        code: 'invalid-input',
        details: { field: 'certificates' },
      });
    }
  });

  it('refuses a private key that is of another certificate, or none', async () => {
    const other = keyPair('ECC_NIST_P384').privateKey;
    await expect(writePfx(await input({ privateKey: other }))).rejects.toMatchObject({
      code: 'pfx-key-mismatch',
    });
    const none = Secret.fromText('no key');
    await expect(writePfx(await input({ privateKey: none }))).rejects.toMatchObject({
      code: 'pfx-malformed',
    });
  });
});

describe('keys remembered from writing', () => {
  it('open the file that was written, and no other password or file', async () => {
    const derivations = new PfxDerivations();
    const pfx = await writePfx(await input({ derivations, iterations: 5 }));
    expect((await readPfx(pfx, password, { derivations })).iterations.mac).toBe(5);
    const wrong = { code: 'pfx-wrong-password-or-damaged' };
    await expect(readPfx(pfx, otherPassword, { derivations })).rejects.toMatchObject(wrong);
    const changed = Uint8Array.from(pfx, (byte, i) => (i === 200 ? byte ^ 1 : byte));
    await expect(readPfx(changed, password, { derivations })).rejects.toMatchObject(wrong);
  });
});
