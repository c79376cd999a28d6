import { constants, createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keySpecOf, spkiSha256, verifySignature } from '#crypto/public-key.ts';
import { keySpecNames, keySpecs } from '#domain/key-spec.ts';
import { encryptionContext, identityContext, type KeyProviderSubject } from './key-provider-subject.ts';
import { outcomeOf } from './subject.ts';

const message = Buffer.from('a certification request');
/** What no key can be called. */
export const notNames = [
  '',
  '.',
  '..',
  '../escape',
  'a/b',
  'a\\b',
  '.hidden',
  'a b',
  'a\0b',
  'é',
  'x'.repeat(129),
];

/** What the resident keys of every provider must do. */
export function residentKeysContract(subject: KeyProviderSubject): void {
  describe('resident keys', () => {
    it.each(keySpecNames)('make a key of spec %s and sign with it', async (spec) => {
      expect(subject.resident().specs).toContain(spec);
      const publicKey = await subject.resident().generate(`key.${spec}`, spec, encryptionContext);
      const { signature: algorithm } = keySpecs[spec];
      const signature = await subject.resident().sign(`key.${spec}`, algorithm, message);
      expect(keySpecOf(publicKey)).toBe(spec);
      expect(verifySignature(publicKey, algorithm, message, signature)).toBe(true);
      expect(verifySignature(publicKey, algorithm, Buffer.from('another'), signature)).toBe(false);
    });

    it('sign ECDSA in minimal DER, however short r and s are', async () => {
      const publicKey = await subject.resident().generate('short', 'ECC_NIST_P256', identityContext);
      for (let index = 0; index < 100; index++) {
        const signature = await subject.resident().sign('short', 'ECDSA_SHA256', Buffer.of(index));
        expect(verifySignature(publicKey, 'ECDSA_SHA256', Buffer.of(index), signature)).toBe(true);
      }
    });

    it.each(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const)(
      'sign by PSS with a key of spec %s',
      async (spec) => {
        const publicKey = await subject.resident().generate(`pss.${spec}`, spec, identityContext);
        const signature = await subject.resident().sign(`pss.${spec}`, 'RSA_PSS_SHA256', message);
        expect(verifySignature(publicKey, 'RSA_PSS_SHA256', message, signature)).toBe(true);
        expect(verifySignature(publicKey, 'RSA_PKCS1_SHA256', message, signature)).toBe(false);
        expect(saltedBy32(publicKey, signature)).toBe(true);
      },
    );

    it('have no method that takes a key out', async () => {
      await subject.resident().generate('inside', 'ECC_NIST_P256', identityContext);
      const resident = subject.resident();
      const methods = new Set<string>();
      for (let layer: object = resident; layer !== Object.prototype; layer = Object.getPrototypeOf(layer)) {
        for (const name of Object.getOwnPropertyNames(layer)) methods.add(name);
      }
      methods.delete('constructor');
      expect([...methods].sort()).toEqual(['discard', 'generate', 'purposes', 'sign', 'specs']);
    });

    it('leave a key alone whose name is asked for again', async () => {
      const publicKey = await subject.resident().generate('once', 'ECC_NIST_P256', identityContext);
      const again = subject.resident().generate('once', 'ECC_NIST_P384', identityContext);
      expect(await outcomeOf(again)).toBe('already-exists');
      const signature = await subject.resident().sign('once', 'ECDSA_SHA256', message);
      expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
    });

    it('give a name to one of several who ask for it at once', async () => {
      const calls = Array.from({ length: 5 }, () =>
        subject.resident().generate('raced', 'ECC_NIST_P256', identityContext),
      );
      const results = await Promise.allSettled(calls);
      const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(made).toHaveLength(1);
      const signature = await subject.resident().sign('raced', 'ECDSA_SHA256', message);
      expect(verifySignature(made[0] ?? new Uint8Array(), 'ECDSA_SHA256', message, signature)).toBe(true);
    });

    it('refuse to sign by an algorithm that is not that of the key', async () => {
      await subject.resident().generate('p384', 'ECC_NIST_P384', identityContext);
      expect(await outcomeOf(subject.resident().sign('p384', 'ECDSA_SHA256', message))).toBe(
        'provider-incapable',
      );
      for (const algorithm of ['RSA_PKCS1_SHA256', 'RSA_PSS_SHA256', 'ECDSA_SHA512'] as const) {
        expect(await outcomeOf(subject.resident().sign('p384', algorithm, message)), algorithm).toBe(
          'provider-incapable',
        );
      }
    });

    it('say that they have no key of an unknown name, or of what is none', async () => {
      for (const name of ['unknown', ...notNames]) {
        expect(await outcomeOf(subject.resident().sign(name, 'ECDSA_SHA256', message)), name).toBe(
          'key-not-found',
        );
      }
    });

    it('make no key under what is no name', async () => {
      for (const name of notNames) {
        const made = subject.resident().generate(name, 'ECC_NIST_P256', identityContext);
        expect(await outcomeOf(made), name).toBe('provider-incapable');
      }
    });

    it('are discarded by name, once or more often', async () => {
      const publicKey = await subject.resident().generate('gone', 'ECC_NIST_P256', identityContext);
      await subject.resident().generate('stays', 'ECC_NIST_P256', identityContext);
      for (const name of ['gone', 'gone', 'never-was', '../escape']) await subject.resident().discard(name);
      expect(await outcomeOf(subject.resident().sign('gone', 'ECDSA_SHA256', message))).toBe('key-not-found');
      expect(await outcomeOf(subject.resident().sign('stays', 'ECDSA_SHA256', message))).toBe('done');
      const another = await subject.resident().generate('gone', 'ECC_NIST_P256', identityContext);
      expect(spkiSha256(another)).not.toBe(spkiSha256(publicKey));
    });

    it('are made, used and discarded by many at once', async () => {
      const rounds = Array.from({ length: 100 }, async (_, index) => {
        const publicKey = await subject.resident().generate(`one-${index}`, 'ECC_NIST_P256', identityContext);
        const signature = await subject.resident().sign(`one-${index}`, 'ECDSA_SHA256', message);
        await subject.resident().discard(`one-${index}`);
        return verifySignature(publicKey, 'ECDSA_SHA256', message, signature);
      });
      expect((await Promise.all(rounds)).every((verified) => verified)).toBe(true);
    });

    it('are gone for good when they were discarded before the provider was opened again', async () => {
      await subject.resident().generate('over', 'ECC_NIST_P256', identityContext);
      await subject.reopen();
      await subject.resident().discard('over');
      await subject.reopen();
      expect(await outcomeOf(subject.resident().sign('over', 'ECDSA_SHA256', message))).toBe('key-not-found');
    });
  });
}

/** Whether it is a PSS signature with a salt of just 32 bytes, which is what verifiers that ask for one length ask for. */
function saltedBy32(publicKey: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify('sha256', message, { key, padding, saltLength: 32 }, signature);
}
