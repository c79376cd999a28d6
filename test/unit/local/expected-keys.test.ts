import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openService, type ServiceSettings } from '#local/service.ts';
import { softHsmStore } from '#test/contract/key-provider-stores.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { type OneMachine, oneMachine } from '#test/support/one-machine.ts';

/** Sets variables of this process for a test; gives back how to put them right again. */
function setVariables(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

describe('a data folder that was set up', () => {
  let machine: OneMachine;
  beforeEach(async () => {
    machine = await oneMachine();
    await machine.service.close();
  });
  afterEach(() => machine.close());

  const open = (settings: Omit<ServiceSettings, 'folder'>) =>
    openService({ folder: machine.folder, ...settings });

  it.each(['pkcs11', 'kms'] as const)('gets no keys in %s beside its own', async (keys) => {
    const before = await readdir(machine.folder);
    await expect(open({ keys })).rejects.toMatchObject({
      code: 'not-set-up',
      message: 'The data folder was set up with keys in software.',
      next: 'Run again with --keys software, or name new folders with --data.',
    });
    expect(await readdir(machine.folder)).toEqual(before);
  });
});

describe('a data folder that was set up with keys elsewhere', () => {
  it('makes none under another prefix of AWS KMS', async () => {
    const kms = await startKmsDouble();
    const restore = setVariables(kmsEnvironment(kms));
    try {
      const machine = await oneMachine('kms');
      await machine.service.close();
      const before = kms.account.aliases().length;
      const elsewhere = { folder: machine.folder, keys: 'kms', kms: { aliasPrefix: 'elsewhere' } } as const;
      await expect(openService(elsewhere)).rejects.toMatchObject({
        code: 'provider-misconfigured',
        message: expect.stringContaining('there is no such key in AWS KMS'),
      });
      expect(kms.account.aliases()).toHaveLength(before);
      await machine.close();
    } finally {
      restore();
      await kms.close();
    }
  });

  it('makes none in another token', async () => {
    const store = await softHsmStore();
    const machine = await oneMachine('pkcs11');
    try {
      await machine.service.close();
      const token = { ...store.token, pin: 'env:TEST_OTHER_PIN' };
      const restore = setVariables({ TEST_OTHER_PIN: store.pin, ...store.token.environment });
      const opening = openService({ folder: machine.folder, keys: 'pkcs11', token });
      await expect(opening).rejects.toMatchObject({
        message: 'another token of the same name is there, with other keys',
        next: 'Put the token that this service was set up with in its place, or name it by its serial number.',
      });
      restore();
    } finally {
      await machine.close();
      await store.remove();
    }
  });
});
