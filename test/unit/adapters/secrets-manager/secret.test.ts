import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canarySecretIn } from '#adapters/secrets-manager/canary-secret.ts';
import { readSecret } from '#adapters/secrets-manager/secret.ts';
import { EscrowError, ProviderError } from '#domain/errors.ts';
import {
  type SecretsManagerDouble,
  startSecretsManagerDouble,
} from '#test/doubles/secrets-manager/secrets-manager-double.ts';

let double: SecretsManagerDouble;

beforeEach(async () => {
  double = await startSecretsManagerDouble();
  Object.assign(process.env, double.environment);
});
afterEach(() => double.close());

async function refusal(call: Promise<unknown>): Promise<EscrowError> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (outcome instanceof EscrowError) return outcome;
  throw new TypeError('the call was not refused by an error of ours', { cause: outcome });
}

describe('readSecret', () => {
  it('gives a text as it is, and nothing of it when printed', async () => {
    double.secrets.set('token/pin', { text: '12 34é\n' });
    const secret = await readSecret('token/pin');
    expect(secret.text()).toBe('12 34é\n');
    expect(`${secret}`).toBe('[secret]');
  });

  it('gives the bytes of a binary secret', async () => {
    const binary = randomBytes(40);
    double.secrets.set('token/pin', { binary });
    expect(Buffer.from((await readSecret('token/pin')).bytes()).equals(binary)).toBe(true);
  });

  it("gives the canaries' secret, as the deployment generated it", async () => {
    double.secrets.set('canary', { text: 'x'.repeat(64) });
    expect((await canarySecretIn('canary').read()).text()).toBe('x'.repeat(64));
    expect((await refusal(canarySecretIn('none').read())).code).toBe('provider-misconfigured');
  });

  it('gives one text of a JSON object', async () => {
    double.secrets.set('token', { text: JSON.stringify({ pin: '4711', label: 'x' }) });
    expect((await readSecret('token', 'pin')).text()).toBe('4711');
  });

  it.each([
    ['a field that is not there', '{"pin":"4711"}'],
    ['a field that is no text', '{"other":4711}'],
    ['a field of every object', '{}'],
    ['what is no object', '"4711"'],
    ['what is no JSON', '4711-secret'],
  ])('refuses %s, without a word of the secret', async (_, text) => {
    double.secrets.set('token', { text });
    const field = text === '{}' ? 'toString' : 'other';
    const error = await refusal(readSecret('token', field));
    expect(error.code).toBe('provider-misconfigured');
    expect(`${error.message} ${error.next} ${String(error.cause)}`).not.toContain('4711');
  });

  it('refuses a field of a binary secret', async () => {
    double.secrets.set('token', { binary: Buffer.from('{"pin":"4711"}') });
    expect((await refusal(readSecret('token', 'pin'))).code).toBe('provider-misconfigured');
  });

  it.each([
    ['ResourceNotFoundException', 'provider-misconfigured'],
    ['InvalidRequestException', 'provider-misconfigured'],
    ['InvalidParameterException', 'provider-misconfigured'],
    ['DecryptionFailure', 'provider-access-denied'],
    ['AccessDeniedException', 'provider-access-denied'],
    ['UnrecognizedClientException', 'provider-misconfigured'],
    ['ExpiredTokenException', 'provider-misconfigured'],
  ])('says what %s means', async (type, code) => {
    double.faults.plan('GetSecretValue', { kind: 'refuse', type });
    const error = await refusal(readSecret('token'));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error.code).toBe(code);
    expect(error.cause).toMatchObject({ name: type });
  });

  it('says that there is no such secret, and that it was deleted', async () => {
    double.secrets.set('deleted', 'deleted');
    expect((await refusal(readSecret('unknown'))).message).toContain('no such secret');
    expect((await refusal(readSecret('deleted'))).message).toContain('deleted');
  });

  it('reads again what failed in passing', async () => {
    double.secrets.set('token', { text: '4711' });
    double.faults.throttle('GetSecretValue', 1);
    expect((await readSecret('token')).text()).toBe('4711');
  });

  it('waits no longer than it is told to, and leaves nothing open', async () => {
    double.secrets.set('token', { text: '4711' });
    double.faults.plan('GetSecretValue', { kind: 'never-answer' });
    expect((await refusal(readSecret('token', undefined, 50))).code).toBe('provider-unavailable');
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('TCPSocketWrap');
  });

  it('says when it cannot be reached', async () => {
    process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = 'http://127.0.0.1:9';
    const error = await refusal(readSecret('token'));
    expect(error.code).toBe('provider-unavailable');
    expect(error.message).toContain('cannot be reached');
  });
});
