import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { useTroubledToken } from './trouble.ts';

const message = Buffer.from('message');

describe('a PIN', () => {
  const trouble = useTroubledToken();

  it('is tried once when it is wrong at the start', async () => {
    const pin = async () => Secret.fromText('98761234');
    const opening = trouble.open({ pin });
    await expect(opening).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: 'pin: the token refused the PIN',
    });
    expect(trouble.token.calls('C_Login')).toBe(1);
  });

  it('is tried once when it is wrong after a crash, and never again', async () => {
    const pins = [trouble.store.pin, '98761234', trouble.store.pin];
    const asked: string[] = [];
    const pin = async () => {
      asked.push('asked');
      return Secret.fromText(pins.shift() ?? '');
    };
    const provider = await trouble.open({ pin });
    trouble.token.tell('C_Sign: crash times 1');
    expect(await outcomeOf(provider.mac(message))).toBe('provider-unavailable');
    for (let index = 0; index < 3; index++) {
      expect(await outcomeOf(provider.mac(message))).toBe('provider-misconfigured');
    }
    expect(trouble.token.calls('C_Login')).toBe(2);
    expect(asked).toHaveLength(2);
  });

  it('is not told by any error', async () => {
    const wrong = '98761234';
    const error: unknown = await trouble
      .open({ pin: async () => Secret.fromText(wrong) })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    const told = error instanceof Error ? `${error.stack} ${JSON.stringify(error)} ${error.cause}` : '';
    expect(told).toContain('CKR_PIN_INCORRECT');
    expect(told).not.toContain(wrong);
  });

  it.each([
    ['nothing', ''],
    ['bytes that were erased', '\0\0\0\0'],
  ])('is not tried when its source gives %s', async (_, given) => {
    const opening = trouble.open({ pin: async () => Secret.fromText(given) });
    await expect(opening).rejects.toMatchObject({ code: 'provider-misconfigured', message: 'pin: is empty' });
    expect(trouble.token.calls('C_Login')).toBe(0);
  });

  it.each([
    ['is not there', new ProviderError('provider-misconfigured', { field: 'pin', why: 'cannot be read' })],
    ['fails', new TypeError("the vendor's own")],
  ])('is asked for again when its source %s for a moment', async (_, failure) => {
    const answers: (Error | string)[] = [trouble.store.pin, failure, trouble.store.pin];
    const provider = await trouble.open({
      pin: async () => {
        const answer = answers.shift() ?? '';
        if (answer instanceof Error) throw answer;
        return Secret.fromText(answer);
      },
    });
    await trouble.kill();
    await expect(provider.mac(message)).rejects.toMatchObject({
      code: 'provider-unavailable',
      details: { cause: expect.anything() },
    });
    await expect.poll(() => outcomeOf(provider.mac(message)), { timeout: 30_000 }).toBe('done');
  });

  it('does not keep a service from closing whose source never gives it', async () => {
    const never = Promise.withResolvers<Secret>();
    const pins = [Promise.resolve(Secret.fromText(trouble.store.pin))];
    const provider = await trouble.open({ pin: () => pins.shift() ?? never.promise });
    await trouble.kill();
    const outcome = outcomeOf(provider.mac(message));
    await sleep(10);
    await provider.close();
    const late = Secret.fromText(trouble.store.pin);
    never.resolve(late);
    expect(await outcome).toBe('provider-unavailable');
    expect(late.bytes().every((byte) => byte === 0)).toBe(true);
    expect(trouble.token.processes()).toHaveLength(1);
  });

  it('is waited for no longer than the library', async () => {
    const pins = [Promise.resolve(Secret.fromText(trouble.store.pin))];
    const provider = await trouble.open({
      pin: () => pins.shift() ?? new Promise<Secret>(() => {}),
      hangMilliseconds: 2_000,
    });
    await trouble.kill();
    expect(await outcomeOf(provider.mac(message))).toBe('provider-unavailable');
  });
});
