import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keySpecOf } from '#crypto/public-key.ts';
import { context, openedKms, refusal } from './opened-kms.ts';

const spec = 'ECC_NIST_P256';

describe.each(['kms', 'memory'] as const)('an exportable key from %s', (keySource) => {
  it('is bound to organization, enrollment and purpose in clear, and to nothing else', async () => {
    const { exportable, double } = await openedKms({ keySource });
    await exportable.generate(spec, context);
    const [request] = double.log;
    expect(request?.operation).toBe(keySource === 'kms' ? 'GenerateDataKeyPair' : 'Encrypt');
    expect(request?.conditions).toMatchObject({
      'kms:EncryptionContext:organization': 'acme',
      'kms:EncryptionContext:enrollment': 'enr-1',
      'kms:EncryptionContext:purpose': 'identity',
      'kms:EncryptionContextKeys': ['organization', 'enrollment', 'purpose'],
    });
  });

  it('is the pair of its public key', async () => {
    const { exportable } = await openedKms({ keySource });
    const { publicKey, privateKey } = await exportable.generate(spec, context);
    const key = createPrivateKey({ key: Buffer.from(privateKey.bytes()), format: 'der', type: 'pkcs8' });
    expect(keySpecOf(publicKey)).toBe(spec);
    expect(createPublicKey(key).export({ format: 'der', type: 'spki' }).equals(publicKey)).toBe(true);
  });

  it('is unwrapped under the custody key alone, by name', async () => {
    const { exportable, double } = await openedKms({ keySource });
    const { wrapped } = await exportable.generate(spec, context);
    double.log.length = 0;
    await exportable.unwrap(wrapped, context);
    expect(double.log[0]?.resources).toEqual([double.account.find('alias/escrow/custody').arn]);
  });

  it('is waited for no longer than its caller wants', async () => {
    const { exportable, provider } = await openedKms({ keySource });
    const controller = new AbortController();
    const outcome = refusal(exportable.generate('RSA_2048', context, controller));
    controller.abort();
    expect((await outcome).code).toBe('operation-cancelled');
    await provider.close();
  });

  it('is wrapped by the custody of this account, and by no other', async () => {
    const { exportable } = await openedKms({ keySource });
    const { wrapped } = await exportable.generate(spec, context);
    const other = await openedKms({ keySource });
    expect((await refusal(other.exportable.unwrap(wrapped, context))).code).toBe('wrapped-key-invalid');
    const prefixed = await openedKms({ keySource, aliasPrefix: 'other' });
    expect((await refusal(prefixed.exportable.unwrap(wrapped, context))).code).toBe('wrapped-key-invalid');
  });

  it('is not there where custody is denied', async () => {
    const { exportable, double } = await openedKms({ keySource });
    double.faults.plan('*', { kind: 'refuse', type: 'AccessDeniedException' });
    expect((await refusal(exportable.generate(spec, context))).code).toBe('provider-access-denied');
  });
});

describe('what was wrapped by others', () => {
  it('is refused where it is no private key, without a word of it', async () => {
    const { exportable, double } = await openedKms();
    const { KMS } = await import('@aws-sdk/client-kms');
    const client = new KMS();
    const { CiphertextBlob: wrapped } = await client.encrypt({
      KeyId: double.account.find('alias/escrow/custody').arn,
      Plaintext: Buffer.from('not a private key'),
      EncryptionContext: { organization: 'acme', enrollment: 'enr-1', purpose: 'identity' },
    });
    client.destroy();
    const error = await refusal(exportable.unwrap(wrapped ?? new Uint8Array(), context));
    expect(error.code).toBe('wrapped-key-invalid');
    expect(error.cause).toBeUndefined();
  });

  it.each([0, 6_145])('is refused at a length of %i', async (length) => {
    const { exportable } = await openedKms();
    const error = await refusal(exportable.unwrap(new Uint8Array(length), context));
    expect(error.code).toBe('wrapped-key-invalid');
  });
});
