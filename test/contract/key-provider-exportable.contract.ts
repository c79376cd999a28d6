import { createPrivateKey, createPublicKey } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keySpecOf } from '#crypto/public-key.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import type { KeyContext } from '#ports/key-provider.ts';
import { encryptionContext, type KeyProviderSubject } from './key-provider-subject.ts';
import { outcomeOf } from './subject.ts';

/** What the exportable keys of every provider must do. */
export function exportableKeysContract(subject: KeyProviderSubject): void {
  describe('exportable keys', () => {
    it.each(keySpecNames)('make a key pair of spec %s and unwrap its private key', async (spec) => {
      expect(subject.exportable().specs).toContain(spec);
      const made = await subject.exportable().generate(spec, encryptionContext);
      const unwrapped = await subject.exportable().unwrap(made.wrapped, encryptionContext);
      expect(keySpecOf(made.publicKey)).toBe(spec);
      expect(publicHalf(made.privateKey.bytes()).equals(made.publicKey)).toBe(true);
      expect(Buffer.from(unwrapped.bytes()).equals(made.privateKey.bytes())).toBe(true);
    });

    it.each(keySpecNames)('give PKCS#8 of spec %s as OpenSSL itself writes it', async (spec) => {
      const { privateKey } = await subject.exportable().generate(spec, encryptionContext);
      const bytes = Buffer.from(privateKey.bytes());
      const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
      expect(key.export({ format: 'der', type: 'pkcs8' }).equals(bytes)).toBe(true);
      if (spec.startsWith('RSA')) return;
      // RFC 5915: the public point stands in the private key too, so that no reader must compute it.
      const point = Buffer.from(publicHalf(bytes)).subarray(-32);
      expect(bytes.includes(point)).toBe(true);
    });

    it('show nothing of a private key when they are printed', async () => {
      const { privateKey } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
      const shown = `${inspect(privateKey)} ${JSON.stringify({ privateKey })} ${privateKey}`;
      expect(shown).toBe('[secret] {"privateKey":"[secret]"} [secret]');
    });

    it('do not hold the private key in what is wrapped', async () => {
      const { privateKey, wrapped } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
      const scalar = Buffer.from(privateKey.bytes()).subarray(36, 68);
      expect(Buffer.from(wrapped).includes(scalar)).toBe(false);
    });

    it('unwrap more than once, and independently of a secret erased before', async () => {
      const { wrapped, privateKey } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
      const first = await subject.exportable().unwrap(wrapped, encryptionContext);
      first.erase();
      const second = await subject.exportable().unwrap(wrapped, encryptionContext);
      expect(Buffer.from(second.bytes()).equals(privateKey.bytes())).toBe(true);
    });

    it('bind a wrapped key to every field of its context', async () => {
      const made: KeyContext = { organization: 'ab', enrollmentId: 'cd', purpose: 'encryption' };
      const { wrapped } = await subject.exportable().generate('ECC_NIST_P256', made);
      const others: KeyContext[] = [
        { ...made, organization: 'ax' },
        { ...made, enrollmentId: 'cx' },
        { ...made, purpose: 'identity' },
        { ...made, organization: 'abc', enrollmentId: 'd' },
        { ...made, organization: 'a', enrollmentId: 'bcd' },
        { ...made, organization: '' },
      ];
      for (const other of others) {
        expect(await outcomeOf(subject.exportable().unwrap(wrapped, other)), JSON.stringify(other)).toBe(
          'wrapped-key-invalid',
        );
      }
      expect(await outcomeOf(subject.exportable().unwrap(wrapped, { ...made }))).toBe('done');
    });

    it('refuse a wrapped key with any bit changed', async () => {
      const { wrapped } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
      await fc.assert(
        fc.asyncProperty(fc.nat(wrapped.length * 8 - 1), async (bit) => {
          const altered = new Uint8Array(wrapped);
          altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(await outcomeOf(subject.exportable().unwrap(altered, encryptionContext))).toBe(
            'wrapped-key-invalid',
          );
        }),
        { numRuns: 200 },
      );
    });

    it('refuse a wrapped key that was cut, lengthened or made up', async () => {
      const { wrapped } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
      const cuts = Array.from({ length: wrapped.length }, (_, length) => wrapped.subarray(0, length));
      const longer = Buffer.concat([wrapped, Buffer.of(0)]);
      for (const bytes of [...cuts, longer, Buffer.alloc(wrapped.length), Buffer.alloc(100, 1)]) {
        expect(await outcomeOf(subject.exportable().unwrap(bytes, encryptionContext))).toBe(
          'wrapped-key-invalid',
        );
      }
    });

    it('refuse what another provider wrapped', async () => {
      const { wrapped } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
      await subject.openAnother();
      expect(await outcomeOf(subject.exportable().unwrap(wrapped, encryptionContext))).toBe(
        'wrapped-key-invalid',
      );
    });
  });
}

function publicHalf(privateKey: Uint8Array): Buffer {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' });
}
