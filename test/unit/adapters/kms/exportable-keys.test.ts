import { createPrivateKey, createPublicKey } from 'node:crypto';
import { KMS } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { KmsCalls } from '#adapters/kms/calls.ts';
import { kmsExportableKeys } from '#adapters/kms/exportable-keys.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { keySpecOf } from '#crypto/public-key.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { refusal } from '../aws/refusal.ts';
import { context, openedKms } from './opened-kms.ts';

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

/** Exportable keys over a client that sends nothing: what would be sent is shown to a test, which gives the answer. */
function unsentKeys(answer: (plaintext: Uint8Array | undefined) => Promise<object>) {
  const kms = new KMS({ region: 'eu-central-1' });
  const middleware = () => async (args: { input: object }) => {
    const plaintext = 'Plaintext' in args.input ? args.input.Plaintext : undefined;
    const output = await answer(plaintext instanceof Uint8Array ? plaintext : undefined);
    return { response: undefined, output: { $metadata: {}, ...output } };
  };
  kms.middlewareStack.add(middleware, { step: 'initialize', priority: 'high' });
  return kmsExportableKeys(new KmsCalls(kms, 1_000, fakeWaiting()), async () => 'custody', 'memory');
}

const isZero = (bytes: Uint8Array | undefined) => bytes?.length !== 0 && bytes?.every((each) => each === 0);

describe('the bytes of a private key', () => {
  it('that AWS KMS gave are overwritten', async () => {
    const plaintext = Buffer.from((await makeKeyPair(spec)).privateKey.bytes());
    const keys = unsentKeys(async () => ({ Plaintext: plaintext }));
    const unwrapped = await keys.unwrap(new Uint8Array(1), context);
    expect(isZero(plaintext)).toBe(true);
    expect(isZero(unwrapped.bytes())).toBe(false);
  });

  it('are overwritten where they could not be wrapped', async () => {
    let sent: Uint8Array | undefined;
    const keys = unsentKeys(async (plaintext) => {
      sent = plaintext;
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    });
    expect((await refusal(keys.generate(spec, context))).code).toBe('provider-access-denied');
    expect(isZero(sent)).toBe(true);
  });

  it('are overwritten where nobody waits for them any more', async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<Uint8Array | undefined>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<object>();
    const keys = unsentKeys((plaintext) => {
      ask(plaintext);
      return answered;
    });
    const controller = new AbortController();
    const outcome = refusal(keys.generate(spec, context, { signal: controller.signal }));
    const sent = await asked;
    controller.abort();
    answer({ CiphertextBlob: Buffer.from('wrapped') });
    expect((await outcome).code).toBe('operation-cancelled');
    await expect.poll(() => isZero(sent)).toBe(true);
  });
});

describe('what was wrapped by others', () => {
  it('is refused where it is no private key, without a word of it', async () => {
    const { exportable, double } = await openedKms();
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
