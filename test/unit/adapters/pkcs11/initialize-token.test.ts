import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { flags } from '#adapters/pkcs11/constants.ts';
import type { Cryptoki } from '#adapters/pkcs11/cryptoki.ts';
import { initializeToken, type TokenInitialization } from '#adapters/pkcs11/initialize-token.ts';
import { openModule } from '#adapters/pkcs11/module.ts';
import { slotFacts } from '#adapters/pkcs11/slots.ts';
import { createSoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { login, openSession, slotsOf } from '#adapters/pkcs11/token.ts';
import { Secret } from '#domain/secret.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { deviating } from './deviating-token.ts';
import { fakeCryptoki, handle, tokenInfo } from './fake-cryptoki.ts';

const pin = Secret.fromText('24680135');
const soPin = Secret.fromText('13579024');
const settings = { label: 'fresh', pin, soPin };

describe('initializeToken', () => {
  const folder = temporaryFolder();

  /** Works on SoftHSM with one token, labelled `first`, and the blank one that it always shows. */
  async function onSoftHsm<T>(
    work: (cryptoki: Cryptoki, environment: Record<string, string>) => T,
  ): Promise<Awaited<T>> {
    const token = await createSoftHsmToken({ folder: folder('token'), label: 'first', pin, soPin });
    const module = await openModule(token.module, token.environment);
    try {
      return await work(module.cryptoki, token.environment);
    } finally {
      module.release();
    }
  }
  const initialize = async (cryptoki: Cryptoki, given: Partial<TokenInitialization> = {}) =>
    initializeToken(cryptoki, { ...settings, ...given });
  const blanks = (cryptoki: Cryptoki) =>
    slotFacts(cryptoki).filter(({ token }) => token?.initialized === false);
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => `${error}`,
    );

  it('makes of the first blank token one with its label and its PIN', () =>
    onSoftHsm(async (cryptoki, environment) => {
      const made = await initialize(cryptoki);
      expect(made.token).toMatchObject({ label: 'fresh', initialized: true, pinInitialized: true });
      const [slot = handle(0)] = slotsOf(cryptoki, { label: 'fresh' });
      const session = openSession(cryptoki, slot);
      login(cryptoki, slot, session, pin);
      cryptoki.C_CloseSession(session);
      const env = { ...process.env, ...environment };
      const { stdout } = await promisify(execFile)('softhsm2-util', ['--show-slots'], { env });
      expect(stdout).toMatch(/Label:\s+fresh\s/);
    }));

  it('takes the slot that it is told, if that is blank', () =>
    onSoftHsm(async (cryptoki) => {
      const [blank] = blanks(cryptoki);
      const { slot } = await initialize(cryptoki, { slot: blank?.slot ?? '' });
      expect(slot).toBe(blank?.slot);
    }));

  it('never initializes a token again, whoever asks, and says what to do', () =>
    onSoftHsm(async (cryptoki) => {
      const { slot = '' } = slotFacts(cryptoki).find(({ token }) => token?.label === 'first') ?? {};
      const bySlot = failure(initialize(cryptoki, { slot }));
      expect(await bySlot).toContain('slot: holds a token that is initialized already, labelled first');
      const byLabel = failure(initialize(cryptoki, { slot, label: 'first' }));
      expect(await byLabel).toContain('label: is that of a token which is initialized already');
      expect(await failure(initialize(cryptoki, { label: 'first' }))).toContain('label: is that of a token');
      await expect(initialize(cryptoki, { slot })).rejects.toMatchObject({
        code: 'provider-misconfigured',
        next: expect.stringContaining('never initialized again'),
      });
      expect(slotFacts(cryptoki).filter(({ token }) => token?.label === 'first')).toHaveLength(1);
    }));

  it.each([
    ['', 'label'],
    [' x', 'label'],
    ['x'.repeat(33), 'label'],
  ])('refuses the label %j, and leaves the token blank', (label, field) =>
    onSoftHsm(async (cryptoki) => {
      await expect(initialize(cryptoki, { label })).rejects.toMatchObject({ details: { field } });
      expect(blanks(cryptoki)).toHaveLength(1);
    }),
  );

  it.each([
    [{ pin: Secret.fromText('123') }, 'pin'],
    [{ soPin: Secret.fromText('1'.repeat(256)) }, 'soPin'],
    [{ pin: Secret.fromText('') }, 'pin'],
  ])('refuses PINs that the token does not take before anything is done: %#', (given, field) =>
    onSoftHsm(async (cryptoki) => {
      await expect(initialize(cryptoki, given)).rejects.toMatchObject({
        code: 'provider-misconfigured',
        details: { field, why: 'must be of 4 to 255 bytes on this token' },
      });
      expect(blanks(cryptoki)).toHaveLength(1);
    }),
  );

  it('refuses a slot that is none', () =>
    onSoftHsm(async (cryptoki) => {
      expect(await outcomeOf(initialize(cryptoki, { slot: '77' }))).toBe('provider-misconfigured');
    }));

  it('finishes a token that a crash left without its PIN, by its label, with the right officer’s PIN', () =>
    onSoftHsm(async (cryptoki) => {
      const crashing = deviating(cryptoki, () => () => ({
        C_InitPIN: () => {
          throw new Error('CKR_DEVICE_ERROR');
        },
      }));
      expect(await outcomeOf(initialize(crashing))).toBe('provider-unavailable');
      const wrong = initialize(cryptoki, { soPin: Secret.fromText('00000000') });
      expect(await outcomeOf(wrong)).toBe('provider-misconfigured');
      expect((await initialize(cryptoki)).token?.pinInitialized).toBe(true);
      expect(await outcomeOf(initialize(cryptoki))).toBe('provider-misconfigured');
    }));

  it('leaves the last try of the officer’s PIN to a person', async () => {
    const state = flags.CKF_TOKEN_INITIALIZED | flags.CKF_SO_PIN_FINAL_TRY;
    const cryptoki = fakeCryptoki({
      C_GetSlotList: () => [handle(1)],
      C_GetTokenInfo: () => tokenInfo({ label: 'fresh', flags: state }),
    });
    await expect(initialize(cryptoki)).rejects.toMatchObject({ details: { field: 'soPin' } });
  });

  it('says so when there is no blank token', async () => {
    const cryptoki = fakeCryptoki({ C_GetSlotList: () => [] });
    await expect(initialize(cryptoki)).rejects.toMatchObject({ details: { field: 'slot' } });
  });
});
