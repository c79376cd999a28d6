import { describe, expect, it } from 'vitest';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { verifySignature } from '#crypto/public-key.ts';
import { type KeySpec, keySpecNames, signaturesOf } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import { notNames } from './key-provider-resident.contract.ts';
import { encryptionContext, type KeyProviderSubject } from './key-provider-subject.ts';
import { outcomeOf } from './subject.ts';

const message = Buffer.from('signed by a recovered key');
const spec = 'ECC_NIST_P256';

/** What the importable keys of every provider must do. */
export function importableKeysContract(subject: KeyProviderSubject): void {
  const bringIn = (name: string, privateKey: Secret, as: KeySpec = spec) =>
    subject.importable().importKey(name, as, privateKey, encryptionContext);

  describe('importable keys', () => {
    it.each(keySpecNames)('are keys of spec %s that sign as before, and from then on stay', async (each) => {
      expect(subject.importable().specs).toContain(each);
      const { publicKey, privateKey } = await makeKeyPair(each);
      expect(Buffer.from(await bringIn(`of.${each}`, privateKey, each)).equals(publicKey)).toBe(true);
      for (const algorithm of signaturesOf(each)) {
        const signature = await subject.resident().sign(`of.${each}`, algorithm, message);
        expect(verifySignature(publicKey, algorithm, message, signature)).toBe(true);
      }
    });

    it('leave the private key that the caller holds as it is', async () => {
      const { privateKey } = await makeKeyPair(spec);
      const before = Buffer.from(privateKey.bytes()).toString('hex');
      await bringIn('copied', privateKey);
      expect(Buffer.from(privateKey.bytes()).toString('hex')).toBe(before);
    });

    it('are there when the provider is opened again, and are discarded by name', async () => {
      const { publicKey, privateKey } = await makeKeyPair(spec);
      await bringIn('recovered', privateKey);
      await subject.reopen();
      const signature = await subject.resident().sign('recovered', 'ECDSA_SHA256', message);
      expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
      await subject.resident().discard('recovered');
      expect(await outcomeOf(subject.resident().sign('recovered', 'ECDSA_SHA256', message))).toBe(
        'key-not-found',
      );
      expect(await outcomeOf(bringIn('recovered', privateKey))).toBe('done');
    });

    it('leave a key alone whose name is asked for, whoever made it', async () => {
      const { privateKey } = await makeKeyPair(spec);
      const made = await subject.resident().generate('taken', spec, encryptionContext);
      expect(await outcomeOf(bringIn('taken', privateKey))).toBe('already-exists');
      const signature = await subject.resident().sign('taken', 'ECDSA_SHA256', message);
      expect(verifySignature(made, 'ECDSA_SHA256', message, signature)).toBe(true);
      await bringIn('imported', privateKey);
      const again = subject.resident().generate('imported', spec, encryptionContext);
      expect(await outcomeOf(again)).toBe('already-exists');
    });

    it('refuse what is no private key of the spec, and keep nothing of it', async () => {
      const { privateKey } = await makeKeyPair(spec);
      const damaged = Uint8Array.from(privateKey.bytes());
      damaged[5] = 0xff;
      const others = [
        new Secret(new Uint8Array(0)),
        new Secret(damaged),
        new Secret(privateKey.bytes().subarray(0, -1)),
        (await makeKeyPair('ECC_NIST_P384')).privateKey,
        (await makeKeyPair('RSA_2048')).privateKey,
      ];
      for (const other of others) expect(await outcomeOf(bringIn('bad', other))).toBe('invalid-input');
      expect(await outcomeOf(subject.resident().sign('bad', 'ECDSA_SHA256', message))).toBe('key-not-found');
      expect(await outcomeOf(bringIn('bad', privateKey))).toBe('done');
    });

    it('take no name that no key can have', async () => {
      const { privateKey } = await makeKeyPair(spec);
      for (const name of notNames) {
        expect(await outcomeOf(bringIn(name, privateKey)), name).toBe('provider-incapable');
      }
    });
  });
}
