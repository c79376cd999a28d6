import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mechanisms } from '#adapters/pkcs11/constants.ts';
import { findObjects, generateKey, setLabel } from '#adapters/pkcs11/operations.ts';
import { custodyKeyTemplate, macKeyTemplate, template } from '#adapters/pkcs11/templates.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { startChild } from '../child-process.ts';
import { only, withRawToken } from './raw-token.ts';

const labels = ['escrow-mac', 'escrow-binding', 'escrow-custody'];

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
  const makeMacKey = (label: string) =>
    withRawToken(store, (token) =>
      generateKey(token, mechanisms.CKM_GENERIC_SECRET_KEY_GEN, macKeyTemplate(label, Buffer.from(label))),
    );

  it('are made once when several processes open a fresh token at the same moment', async () => {
    const { module, token, environment } = store.token;
    const settings = JSON.stringify({ module, token, environment, pin: store.pin });
    const children = Array.from({ length: 4 }, () => startChild('../pkcs11/children/open.ts', settings));
    const lines = await Promise.all(children.map((child) => child.nextLine()));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0, 0]);
    expect(new Set(lines).size).toBe(1);
    expect(lines[0]).toContain(await openAndMac());
    expect(await Promise.all(labels.map(countOf))).toEqual([1, 1, 1]);
    expect(await Promise.all(labels.map((label) => countOf(`${label}.new`)))).toEqual([0, 0, 0]);
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
      const loose = custodyKeyTemplate('escrow-custody', Buffer.of(1)).filter(
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
