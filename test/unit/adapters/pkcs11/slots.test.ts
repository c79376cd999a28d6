import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flags } from '#adapters/pkcs11/constants.ts';
import { openModule } from '#adapters/pkcs11/module.ts';
import { factsOf, libraryFacts, slotFacts, slotNumber, slotOf } from '#adapters/pkcs11/slots.ts';
import { findSlot } from '#adapters/pkcs11/token.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { fails, fakeCryptoki, handle, tokenInfo } from './fake-cryptoki.ts';

const slotInfo = {
  slotDescription: 'Slot'.padEnd(64),
  manufacturerID: 'Maker\0\0',
  flags: flags.CKF_TOKEN_PRESENT,
};
const factsFor = (info: Parameters<typeof tokenInfo>[0]) =>
  factsOf(fakeCryptoki({ C_GetSlotInfo: () => slotInfo, C_GetTokenInfo: () => tokenInfo(info) }), handle(3))
    .token;

describe('the slots of SoftHSM', () => {
  let store: SoftHsmStore;
  beforeAll(async () => {
    store = await softHsmStore();
  });
  afterAll(() => store.remove());

  it('are the token that was made, and a blank one; as plain data', async () => {
    const module = await openModule(store.token.module, store.token.environment);
    const slots = slotFacts(module.cryptoki);
    const library = libraryFacts(module.cryptoki);
    const number = slotNumber(findSlot(module.cryptoki, store.token.token));
    module.release();
    expect(structuredClone({ slots, library })).toEqual({ slots, library });
    expect(library).toMatchObject({ manufacturer: 'SoftHSM', cryptoki: expect.stringMatching(/^\d\.\d+$/) });
    const made = {
      label: 'contract',
      initialized: true,
      pinInitialized: true,
      pinState: 'ok',
      writeProtected: false,
    };
    expect(slots.find(({ slot }) => slot === number)?.token).toMatchObject(made);
    const blank = { initialized: false, pinInitialized: false, pinState: 'ok', soPinState: 'ok' };
    expect(slots.filter(({ slot }) => slot !== number)).toMatchObject([{ inHardware: false, token: blank }]);
  });
});

describe('what is told of a token', () => {
  const initialized = flags.CKF_TOKEN_INITIALIZED;

  it.each([
    [initialized, 'ok', 'ok'],
    [initialized | flags.CKF_USER_PIN_COUNT_LOW, 'few-tries-left', 'ok'],
    [initialized | flags.CKF_USER_PIN_COUNT_LOW | flags.CKF_USER_PIN_FINAL_TRY, 'final-try', 'ok'],
    [initialized | flags.CKF_USER_PIN_LOCKED | flags.CKF_USER_PIN_FINAL_TRY, 'locked', 'ok'],
    [initialized | flags.CKF_SO_PIN_LOCKED, 'ok', 'locked'],
    [initialized | flags.CKF_SO_PIN_FINAL_TRY, 'ok', 'final-try'],
    [flags.CKF_SO_PIN_LOCKED, 'ok', 'ok'],
  ])('reads flags 0x%x as user PIN %s, officer PIN %s', (state, pinState, soPinState) => {
    expect(factsFor({ flags: state })).toMatchObject({ pinState, soPinState });
  });

  it('has numbers, and none for what the token does not say', () => {
    const told = factsFor({
      sessionCount: 3,
      maxSessionCount: 16,
      freePrivateMemory: 10n,
      totalPrivateMemory: 20n,
    });
    expect(told).toMatchObject({ sessions: { open: 3, most: 16 }, memory: { free: 10, total: 20 } });
    const untold = { sessionCount: 0xffff_ffff, maxSessionCount: 0, freePrivateMemory: 2n ** 64n - 1n };
    const facts = factsFor({ ...untold, totalPrivateMemory: 0xffff_ffffn });
    expect(facts).toMatchObject({ sessions: {}, memory: {} });
    expect([facts?.sessions, facts?.memory]).toEqual([{}, {}]);
  });

  it('has the length of PINs, and no upper limit where the token names none', () => {
    expect(factsFor({ minPinLen: 6, maxPinLen: 8 })?.pinLength).toEqual({ least: 6, most: 8 });
    expect(factsFor({ minPinLen: 6, maxPinLen: 0 })?.pinLength).toEqual({ least: 6 });
  });

  it('has text without its padding, and versions as text', () => {
    const version = { major: 2, minor: 17 };
    expect(factsFor({ label: 'a b  ', serialNumber: '7\0\0', firmwareVersion: version })).toMatchObject({
      label: 'a b',
      serial: '7',
      firmware: '2.17',
    });
  });

  it('is nothing for an empty slot, and for a token that was taken out this moment', () => {
    const empty = fakeCryptoki({ C_GetSlotInfo: () => ({ ...slotInfo, flags: flags.CKF_HW_SLOT }) });
    expect(factsOf(empty, handle(4))).toEqual({
      slot: '4',
      description: 'Slot',
      manufacturer: 'Maker',
      inHardware: true,
    });
    const taken = { C_GetSlotInfo: () => slotInfo, C_GetTokenInfo: fails('CKR_TOKEN_NOT_PRESENT:224') };
    expect(factsOf(fakeCryptoki(taken), handle(4)).token).toBeUndefined();
    const broken = { ...taken, C_GetTokenInfo: fails('CKR_DEVICE_ERROR:48') };
    expect(() => factsOf(fakeCryptoki(broken), handle(4))).toThrow('CKR_DEVICE_ERROR');
  });
});

describe('slotOf', () => {
  const cryptoki = fakeCryptoki({ C_GetSlotList: () => [handle(1), Buffer.from('ff00000001000000', 'hex')] });

  it('finds a slot by its number', () => {
    expect(slotNumber(slotOf(cryptoki, '4294967551'))).toBe('4294967551');
    expect(slotOf(cryptoki, '1')).toEqual(handle(1));
    expect(slotNumber(Buffer.of(2, 1, 0, 0))).toBe('258');
  });

  it.each(['2', '01', '', '0x1'])('refuses %j', (number) => {
    expect(() => slotOf(cryptoki, number)).toThrow(
      expect.objectContaining({ code: 'provider-misconfigured' }),
    );
  });
});
