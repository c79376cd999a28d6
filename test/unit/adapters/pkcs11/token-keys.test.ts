import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cryptoki } from '#adapters/pkcs11/cryptoki.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { findObjects, generateKey, setLabel } from '#adapters/pkcs11/operations.ts';
import { custodyKeyTemplate, macKeyTemplate, template } from '#adapters/pkcs11/templates.ts';
import { findSlot, openSession } from '#adapters/pkcs11/token.ts';
import { ensureTokenKey, tokenKeyKinds } from '#adapters/pkcs11/token-keys.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { startChild } from '../child-process.ts';
import { deviating } from './deviating-token.ts';
import { fails } from './fake-cryptoki.ts';
import { only, withRawToken } from './raw-token.ts';

/** Of the key pair both halves have the label. */
const labels = ['escrow-mac', 'escrow-binding', 'escrow-custody', 'escrow-receipt'];

describe("the provider's own keys in the token", () => {
  let store: SoftHsmStore;
  beforeEach(async () => {
    store = await softHsmStore();
  });
  afterEach(() => store.remove());

  const openAndMac = async () => {
    const provider = await store.open();
    const mac = Buffer.from(await provider.mac(Buffer.from('x'))).toString('hex');
    await provider.close();
    return mac;
  };
  const countOf = (label: string) =>
    withRawToken(store, (token) => findObjects(token, template({ CKA_LABEL: label })).length);
  async function countEach(each: readonly string[]): Promise<number[]> {
    const counts: number[] = [];
    for (const label of each) counts.push(await countOf(label));
    return counts;
  }
  const makeMacKey = (label: string) =>
    withRawToken(store, (token) =>
      generateKey(
        token,
        mechanisms.CKM_GENERIC_SECRET_KEY_GEN,
        macKeyTemplate({ label, id: Buffer.from(label) }),
      ),
    );

  it('are made once when several providers open a fresh token at the same moment', async () => {
    const providers = await Promise.all(Array.from({ length: 5 }, () => store.open()));
    const macs = await Promise.all(providers.map((provider) => provider.mac(Buffer.from('x'))));
    const receiptKeys = await Promise.all(providers.map((provider) => provider.receiptKey()));
    for (const provider of providers) await provider.close();
    expect(new Set(macs.map((mac) => Buffer.from(mac).toString('hex')))).toEqual(
      new Set([await openAndMac()]),
    );
    expect(new Set(receiptKeys.map(({ kid }) => kid)).size).toBe(1);
    expect(await countEach(labels)).toEqual([1, 1, 1, 2]);
    expect(await countEach(labels.map((label) => `${label}.new`))).toEqual([0, 0, 0, 0]);
  });

  it('are found by another process', async () => {
    const mac = await openAndMac();
    const { module, token, environment } = store.token;
    const settings = JSON.stringify({ module, token, environment, pin: store.pin });
    const child = startChild('../pkcs11/children/open.ts', settings);
    expect(await child.nextLine()).toContain(mac);
    expect(await child.ended).toBe(0);
    expect(await countEach(labels)).toEqual([1, 1, 1, 2]);
  });

  it('are made beside the leavings of a crash, which are cleared away', async () => {
    await makeMacKey('escrow-mac.new');
    await openAndMac();
    expect(await countOf('escrow-mac')).toBe(1);
    expect(await countOf('escrow-mac.new')).toBe(0);
  });

  it('are not made again beside the leavings of a crash of somebody who came second', async () => {
    const mac = await openAndMac();
    await makeMacKey('escrow-mac.new');
    expect(await openAndMac()).toBe(mac);
  });

  describe('where no label can be changed', () => {
    const unchangeable = (real: Cryptoki) =>
      deviating(real, () => () => ({ C_SetAttributeValue: fails('CKR_FUNCTION_NOT_SUPPORTED:84') }));
    const kinds = [tokenKeyKinds.mac, tokenKeyKinds.custody, tokenKeyKinds.receipt];

    it.each(kinds)('are made once by several at the same moment: $label', (kind) =>
      withRawToken(store, async (token) => {
        const cryptoki = unchangeable(token.cryptoki);
        const slot = findSlot(cryptoki, store.token.token);
        const sessions = Array.from({ length: 4 }, () => openSession(cryptoki, slot));
        const made = await Promise.all(
          sessions.map((session) => ensureTokenKey({ cryptoki, session }, kind)),
        );
        expect(new Set(made.map((handle) => handle.toString('hex'))).size).toBe(1);
        const left = findObjects(token, []);
        expect(left.length).toBe(kind === tokenKeyKinds.receipt ? 2 : 1);
        expect(await ensureTokenKey({ ...token, cryptoki }, kind)).toEqual(made[0]);
      }),
    );

    it('leave nothing where the second making fails', () =>
      withRawToken(store, async (token) => {
        let calls = 0;
        const cryptoki = deviating(unchangeable(token.cryptoki), () => (real) => ({
          C_GenerateKeyAsync: async (...operands) =>
            ++calls === 1 ? real.C_GenerateKeyAsync(...operands) : fails('CKR_DEVICE_MEMORY:49')(),
        }));
        const making = ensureTokenKey({ ...token, cryptoki }, tokenKeyKinds.custody);
        await expect(making).rejects.toThrow('CKR_DEVICE_MEMORY');
        expect(findObjects(token, [])).toEqual([]);
      }));
  });

  it('are refused where there are two of a label', async () => {
    await openAndMac();
    await makeMacKey('escrow-mac');
    await expect(store.open()).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: expect.stringContaining('several keys labelled escrow-mac'),
    });
  });

  it('are refused where one could be taken out of the token', async () => {
    await withRawToken(store, (token) => {
      const loose = custodyKeyTemplate({ label: 'escrow-custody', id: Buffer.of(1) }).filter(
        ({ type }) => !template({ CKA_EXTRACTABLE: true }).some((attribute) => attribute.type === type),
      );
      return generateKey(token, mechanisms.CKM_AES_KEY_GEN, [
        ...loose,
        ...template({ CKA_EXTRACTABLE: true }),
      ]);
    });
    await expect(store.open()).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: expect.stringContaining('escrow-custody could be taken out'),
    });
  });

  it('leave nothing open when they are refused: the token opens once it is put right', async () => {
    await openAndMac();
    await makeMacKey('escrow-mac');
    expect(await outcomeOf(store.open())).toBe('provider-misconfigured');
    await withRawToken(store, (token) => {
      setLabel(token, only(token, { CKA_ID: Buffer.from('escrow-mac') }), 'aside');
    });
    expect(await outcomeOf(openAndMac())).toBe('done');
  });
});
