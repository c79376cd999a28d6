import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyId } from '#adapters/pkcs11/named-keys.ts';
import { findObjects } from '#adapters/pkcs11/operations.ts';
import { template } from '#adapters/pkcs11/templates.ts';
import { openTokenProvider, type TokenProviderSettings } from '#adapters/pkcs11/token-provider.ts';
import { verifySignature } from '#crypto/public-key.ts';
import { Secret } from '#domain/secret.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { identityContext, present } from '#test/contract/key-provider-subject.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { withRawToken } from './raw-token.ts';

describe('openTokenProvider', () => {
  const message = Buffer.from('message');
  let store: SoftHsmStore;
  beforeEach(async () => {
    store = await softHsmStore();
  });
  afterEach(() => store.remove());

  const open = (settings: Partial<TokenProviderSettings> = {}) =>
    openTokenProvider({ ...store.token, pin: Secret.fromText(store.pin), ...settings });

  it('lacks nothing on SoftHSM', async () => {
    const provider = await open();
    expect(provider.describe()).toEqual([]);
    await provider.close();
  });

  it('refuses a wrong PIN without repeating it, and opens with the right one afterwards', async () => {
    const wrong = open({ pin: Secret.fromText('98761234') });
    const error: unknown = await wrong.catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'provider-misconfigured',
      message: 'pin: the token refused the PIN',
    });
    expect(error instanceof Error && `${error.stack} ${error.cause}`).not.toContain('98761234');
    const provider = await open();
    await provider.close();
  });

  it('reads the PIN once: the caller may erase it', async () => {
    const pin = Secret.fromText(store.pin);
    const provider = await open({ pin });
    pin.erase();
    expect(await provider.mac(message)).toHaveLength(32);
    await provider.close();
  });

  it('names a token that is not there', async () => {
    await expect(open({ token: { label: 'nowhere' } })).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: 'token: there is no token labelled nowhere',
    });
  });

  it('serves the others when one of several in the process is closed', async () => {
    const [first, second] = [await open(), await open()];
    const mac = await first.mac(message);
    await first.close();
    expect(await second.mac(message)).toEqual(mac);
    await second.close();
  });

  it('serves many callers over a single session, one after another', async () => {
    const provider = await open({ sessions: 1 });
    const macs = await Promise.all(Array.from({ length: 64 }, (_, index) => provider.mac(Buffer.of(index))));
    expect(new Set(macs.map((mac) => Buffer.from(mac).toString('hex'))).size).toBe(64);
    await provider.close();
  });

  it('refuses, and does not pile up, more callers than may wait', async () => {
    const provider = await open({ sessions: 1, maxWaiting: 3 });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) => outcomeOf(provider.mac(Buffer.of(index)))),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(4);
    expect(outcomes.filter((outcome) => outcome === 'provider-busy')).toHaveLength(6);
    await provider.close();
  });

  it('notices that a key it knew was destroyed, and made again, by somebody else', async () => {
    const provider = await open();
    const keys = present(provider.residentKeys);
    await keys.generate('shared', 'ECC_NIST_P256', identityContext);
    await withRawToken(store, ({ cryptoki, session }) => {
      for (const object of findObjects({ cryptoki, session }, template({ CKA_ID: keyId('shared') }))) {
        cryptoki.C_DestroyObject(session, object);
      }
    });
    expect(await outcomeOf(keys.sign('shared', 'ECDSA_SHA256', message))).toBe('key-not-found');
    const publicKey = await keys.generate('shared', 'ECC_NIST_P256', identityContext);
    const signature = await keys.sign('shared', 'ECDSA_SHA256', message);
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
    await provider.close();
  });
});
