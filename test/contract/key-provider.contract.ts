import { createHmac } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { verifySignature } from '#crypto/public-key.ts';
import { custodies } from '#domain/purpose.ts';
import { cancellationContract } from './key-provider-cancellation.contract.ts';
import { enduranceContract } from './key-provider-endurance.contract.ts';
import { exportableKeysContract } from './key-provider-exportable.contract.ts';
import { importableKeysContract } from './key-provider-importable.contract.ts';
import { residentKeysContract } from './key-provider-resident.contract.ts';
import type { KeyProviderStore } from './key-provider-stores.ts';
import {
  encryptionContext,
  identityContext,
  type KeyProviderSubject,
  useKeyProvider,
} from './key-provider-subject.ts';
import { outcomeOf } from './subject.ts';

/**
 * What every KeyProvider must do.
 * @param make an empty store for the provider
 */
export function keyProviderContract(name: string, make: () => Promise<KeyProviderStore>): void {
  describe(`${name} as KeyProvider`, () => {
    const subject = useKeyProvider(make);
    macContract(subject);
    receiptContract(subject);
    lifeContract(subject);
    residentKeysContract(subject);
    exportableKeysContract(subject);
    importableKeysContract(subject);
    cancellationContract(subject);
    enduranceContract(subject);
  });
}

function macContract(subject: KeyProviderSubject): void {
  describe('mac', () => {
    const message = Buffer.from('a stretched password');

    it('is 32 bytes, the same for the same message, another for another', async () => {
      const mac = await subject.provider.mac(message);
      expect(mac).toHaveLength(32);
      expect(await subject.provider.mac(message)).toEqual(mac);
      expect(await subject.provider.mac(Buffer.from('another'))).not.toEqual(mac);
    });

    it('takes messages of any length', async () => {
      const lengths = [0, 1, 64, 65, 100_000];
      const macs = await Promise.all(
        lengths.map(async (length) =>
          Buffer.from(await subject.provider.mac(Buffer.alloc(length, 7))).toString('hex'),
        ),
      );
      expect(new Set(macs).size).toBe(lengths.length);
    });

    it('depends on a key that differs from provider to provider', async () => {
      const mac = await subject.provider.mac(message);
      await subject.openAnother();
      const other = await subject.provider.mac(message);
      const noKey = new Uint8Array(createHmac('sha256', Buffer.alloc(32)).update(message).digest());
      expect(other).not.toEqual(mac);
      expect([mac, other]).not.toContainEqual(noKey);
    });
  });
}

function receiptContract(subject: KeyProviderSubject): void {
  describe('receipts', () => {
    it('verify as ES256 under the receipt key', async () => {
      const { kid, ...jwk } = await subject.provider.receiptKey();
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid })).toString('base64url');
      const input = `${header}.${Buffer.from('{"receipt":"backup"}').toString('base64url')}`;
      const signature = await subject.provider.signReceipt(Buffer.from(input));
      const jws = `${input}.${Buffer.from(signature).toString('base64url')}`;
      const verified = await compactVerify(jws, await importJWK(jwk, 'ES256'));
      expect(signature).toHaveLength(64);
      expect(verified.protectedHeader.kid).toBe(kid);
    });

    it('have a key whose kid is its RFC 7638 thumbprint, with nothing private', async () => {
      const jwk = await subject.provider.receiptKey();
      expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk));
      expect(Object.keys(jwk).sort()).toEqual(['crv', 'kid', 'kty', 'x', 'y']);
      expect(jwk.crv).toBe('P-256');
    });

    it('have a key of their own for each provider', async () => {
      const { kid } = await subject.provider.receiptKey();
      await subject.openAnother();
      expect((await subject.provider.receiptKey()).kid).not.toBe(kid);
    });
  });
}

function lifeContract(subject: KeyProviderSubject): void {
  describe('over its life', () => {
    const message = Buffer.from('message');

    it('names its custody', () => {
      expect(custodies).toContain(subject.provider.custody);
    });

    it('has the same keys when it is opened again', async () => {
      const jwk = await subject.provider.receiptKey();
      const mac = await subject.provider.mac(message);
      const publicKey = await subject.resident().generate('kept', 'ECC_NIST_P256', identityContext);
      const { wrapped, privateKey } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
      await subject.reopen();
      expect(await subject.provider.receiptKey()).toEqual(jwk);
      expect(await subject.provider.mac(message)).toEqual(mac);
      const signature = await subject.resident().sign('kept', 'ECDSA_SHA256', message);
      expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
      const again = await subject.exportable().unwrap(wrapped, encryptionContext);
      expect(Buffer.from(again.bytes()).equals(privateKey.bytes())).toBe(true);
    });

    it('serves 64 callers at once, each with its own result', async () => {
      const publicKey = await subject.resident().generate('shared', 'ECC_NIST_P256', identityContext);
      const callers = Array.from({ length: 64 }, (_, index) => Buffer.from(`caller ${index}`));
      const served = await Promise.all(
        callers.map(async (caller, index) => {
          if (index % 4 === 0) return exportRound(subject);
          if (index % 4 === 1) return Buffer.from(await subject.provider.mac(caller)).toString('hex');
          const signature = await subject.resident().sign('shared', 'ECDSA_SHA256', caller);
          return verifySignature(publicKey, 'ECDSA_SHA256', caller, signature);
        }),
      );
      const alone = await Promise.all(callers.map((caller) => subject.provider.mac(caller)));
      for (const [index, result] of served.entries()) {
        const expected = index % 4 === 1 ? Buffer.from(alone[index] ?? []).toString('hex') : true;
        expect(result).toBe(expected);
      }
    });

    it('is unusable once closed, and may be closed twice', async () => {
      const resident = subject.resident();
      const exportable = subject.exportable();
      const { provider } = subject;
      await resident.generate('closed', 'ECC_NIST_P256', identityContext);
      const { wrapped } = await exportable.generate('ECC_NIST_P256', identityContext);
      await provider.close();
      await provider.close();
      const calls = [
        provider.mac(message),
        provider.signReceipt(message),
        resident.generate('late', 'ECC_NIST_P256', identityContext),
        resident.sign('closed', 'ECDSA_SHA256', message),
        exportable.generate('ECC_NIST_P256', identityContext),
        exportable.unwrap(wrapped, identityContext),
      ];
      const outcomes = await Promise.all(calls.map(outcomeOf));
      expect(outcomes).toEqual(calls.map(() => 'provider-unavailable'));
      await subject.reopen();
    });
  });
}

async function exportRound(subject: KeyProviderSubject): Promise<boolean> {
  const { wrapped, privateKey } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
  const again = await subject.exportable().unwrap(wrapped, encryptionContext);
  return Buffer.from(again.bytes()).equals(privateKey.bytes());
}
