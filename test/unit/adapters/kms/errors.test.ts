import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { effectOf, kmsError } from '#adapters/kms/errors.ts';
import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import { ProviderError } from '#domain/errors.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { refusal } from '../aws/refusal.ts';
import { context, openedKms, startDouble } from './opened-kms.ts';

const message = Buffer.from('message');

/** What a refusal by AWS KMS means, and whether it is worth asking again. */
const refusals = [
  ['InvalidCiphertextException', 'wrapped-key-invalid', 'final'],
  ['IncorrectKeyException', 'wrapped-key-invalid', 'final'],
  ['DisabledException', 'key-disabled', 'final'],
  ['NotFoundException', 'key-not-found', 'final'],
  ['AccessDeniedException', 'provider-access-denied', 'final'],
  // As AWS STS says it, where a role may not be taken.
  ['AccessDenied', 'provider-access-denied', 'final'],
  ['LimitExceededException', 'provider-misconfigured', 'final'],
  ['InvalidKeyUsageException', 'provider-incapable', 'final'],
  ['UnsupportedOperationException', 'provider-incapable', 'final'],
  ['ValidationException', 'provider-incapable', 'final'],
  ['UnrecognizedClientException', 'provider-misconfigured', 'final'],
  ['InvalidSignatureException', 'provider-misconfigured', 'final'],
  ['MissingAuthenticationTokenException', 'provider-misconfigured', 'final'],
  ['ExpiredTokenException', 'provider-misconfigured', 'final'],
  ['ThrottlingException', 'provider-busy', 'none'],
  ['RequestLimitExceeded', 'provider-busy', 'none'],
  ['KMSInternalException', 'provider-unavailable', 'unknown'],
  ['KeyUnavailableException', 'provider-unavailable', 'unknown'],
  ['DependencyTimeoutException', 'provider-unavailable', 'unknown'],
  ['AnErrorOfTomorrow', 'provider-incapable', 'final'],
] as const;

describe('an error of AWS KMS', () => {
  it.each(refusals)('%s is %s, with effect %s', async (type, code, effect) => {
    const { provider, double } = await openedKms();
    double.faults.plan('GenerateMac', { kind: 'refuse', type });
    const error = await refusal(provider.mac(message));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error.code).toBe(code);
    expect(error.cause).toMatchObject({ name: type });
    expect(effectOf(error.cause)).toBe(effect);
    expect(error.next).not.toBe('');
  });

  it.each([
    ['KMSInvalidStateException', 'arn:aws:kms:x is pending deletion.', 'key-pending-deletion'],
    ['DisabledException', 'arn:aws:kms:x is pending deletion.', 'key-pending-deletion'],
    ['DisabledException', 'arn:aws:kms:x is disabled.', 'key-disabled'],
    ['KMSInvalidStateException', 'arn:aws:kms:x is pending import.', 'provider-misconfigured'],
    ['KMSInvalidStateException', 'arn:aws:kms:x is unavailable.', 'provider-misconfigured'],
  ])('of state means what its message says: %s, %s', async (type, words, code) => {
    const { provider, double } = await openedKms();
    double.faults.plan('GenerateMac', {
      kind: 'refuse',
      type,
      message: words,
    });
    expect((await refusal(provider.mac(message))).code).toBe(code);
  });

  it('of denied access names the permission that is missing, and not who asked', async () => {
    const { provider, double } = await openedKms();
    const words = 'User: arn:aws:iam::1:user/x is not authorized to perform: kms:GenerateMac on resource: y';
    double.faults.plan('GenerateMac', { kind: 'refuse', type: 'AccessDeniedException', message: words });
    const error = await refusal(provider.mac(message));
    expect(error.message).toBe('AWS KMS does not allow this service kms:GenerateMac');
    expect(error.next).toContain('docs/kms.md');
  });

  it('of the server without a name of its own is no answer', async () => {
    const { provider, double } = await openedKms();
    double.faults.plan('GenerateMac', { kind: 'refuse', type: 'Whatever', status: 503 });
    expect((await refusal(provider.mac(message))).code).toBe('provider-unavailable');
  });

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['ERR_INVALID_URL', 'endpoint'],
    ['ENOENT', 'file'],
    ['EACCES', 'file'],
  ])('of the set-up, %s, is not tried again: it stays until somebody changes it', (code, word) => {
    const wrong = Object.assign(new TypeError('x'), { code });
    expect(kmsError(wrong).code).toBe('provider-misconfigured');
    expect(kmsError(wrong).message).toContain(word);
    expect(effectOf(wrong)).toBe('final');
  });

  it('that was ours already stays as it is', () => {
    const error = new ProviderError('key-not-found');
    expect(kmsError(error)).toBe(error);
  });

  it('keeps no answer that could not be read: it may have been a private key', () => {
    const unread = Object.assign(new SyntaxError('Unexpected token in MIIEvQ'), {
      $response: { body: 'MIIEvQIBADAN' },
      $metadata: { httpStatusCode: 200 },
    });
    const error = kmsError(unread);
    expect(error.code).toBe('provider-unavailable');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('MIIEvQ');
  });

  it('by which the SDK has set its clock may be repeated', () => {
    const metadata = { $metadata: { clockSkewCorrected: true } };
    const skewed = Object.assign(new Error('Signature expired'), metadata);
    skewed.name = 'InvalidSignatureException';
    expect(effectOf(skewed)).toBe('none');
    expect(effectOf(new Error('else'))).toBe('unknown');
    expect(effectOf('no error')).toBe('unknown');
  });
});

describe('a key that is not as it was', () => {
  it('is disabled, or will be deleted, each by its own code', async () => {
    const { resident, provider, double } = await openedKms();
    await resident.generate('mine', 'ECC_NIST_P256', context);
    const [key] = double.account.keys().filter(({ description }) => description.endsWith('mine'));
    const mac = double.account.find('alias/escrow/mac');
    if (key === undefined) throw new TypeError('no key');
    key.state = 'Disabled';
    mac.state = 'PendingDeletion';
    expect((await refusal(resident.sign('mine', 'ECDSA_SHA256', message))).code).toBe('key-disabled');
    expect((await refusal(provider.mac(message))).code).toBe('key-pending-deletion');
  });
});

describe('set-up', () => {
  it('says that no credentials were found', async () => {
    await startDouble();
    const left = { ...process.env };
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_CONFIG_FILE: '/dev/null',
    });
    const error = await refusal(openKmsProvider({ createOwnKeys: true }));
    process.env = left;
    expect(error.code).toBe('provider-misconfigured');
    expect(error.message).toContain('credentials');
  });

  it('says that no region is set', async () => {
    await startDouble();
    const left = { ...process.env };
    delete process.env['AWS_REGION'];
    process.env['AWS_CONFIG_FILE'] = '/dev/null';
    const error = await refusal(openKmsProvider({ createOwnKeys: true }));
    process.env = left;
    expect(error.code).toBe('provider-misconfigured');
    expect(error.message).toContain('region');
  });

  it('says that AWS KMS cannot be reached', async () => {
    await startDouble();
    process.env['AWS_ENDPOINT_URL_KMS'] = 'http://127.0.0.1:9';
    const error = await refusal(openKmsProvider({ createOwnKeys: true }, fakeWaiting()));
    expect(error.code).toBe('provider-unavailable');
    expect(error.message).toContain('cannot be reached');
  });
});
