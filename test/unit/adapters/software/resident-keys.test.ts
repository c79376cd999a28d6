import { createPrivateKey, randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { softwareResidentKeys } from '#adapters/software/resident-keys.ts';
import { Secret } from '#domain/secret.ts';
import type { KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('softwareResidentKeys', () => {
  const folder = temporaryFolder();
  const context: KeyContext = { organization: 'acme', enrollmentId: 'e-1', purpose: 'identity' };
  const message = Buffer.from('message');
  let keys: ResidentKeys;

  beforeEach(async () => {
    await mkdir(folder('keys'));
    const wrappingKey = new Secret(randomBytes(32));
    keys = softwareResidentKeys(folder('keys'), () => wrappingKey).resident;
    await keys.generate('one', 'ECC_NIST_P256', context);
  });
  const file = (name: string) => folder('keys', `${name}.json`);
  const sign = (name: string) => outcomeOf(keys.sign(name, 'ECDSA_SHA256', message));

  async function change(name: string, edit: (record: Record<string, unknown>) => Record<string, unknown>) {
    const record: Record<string, unknown> = JSON.parse(await readFile(file(name), 'utf8'));
    await writeFile(file(name), JSON.stringify(edit(record)));
  }

  it('keeps one file a key, and nothing else', async () => {
    await keys.generate('two', 'ECC_NIST_P256', context);
    expect((await readdir(folder('keys'))).sort()).toEqual(['one.json', 'two.json']);
  });

  it('writes no private key that opens without the wrapping key', async () => {
    const { wrapped } = JSON.parse(await readFile(file('one'), 'utf8'));
    const bytes = Buffer.from(wrapped, 'base64');
    for (let start = 0; start < bytes.length; start += 1) {
      const key = bytes.subarray(start);
      expect(() => createPrivateKey({ key, format: 'der', type: 'pkcs8' })).toThrow();
    }
  });

  it('refuses the record of another key under its name', async () => {
    await keys.generate('two', 'ECC_NIST_P256', context);
    await copyFile(file('two'), file('one'));
    expect(await sign('one')).toBe('wrapped-key-invalid');
    await change('one', (record) => ({ ...record, name: 'one' }));
    expect(await sign('one')).toBe('wrapped-key-invalid');
  });

  it.each([
    ['organization', { context: { ...context, organization: 'other' } }],
    ['enrollment', { context: { ...context, enrollmentId: 'e-2' } }],
    ['purpose', { context: { ...context, purpose: 'encryption' } }],
    ['wrapped key', { wrapped: Buffer.alloc(180, 1).toString('base64') }],
    ['shape', { wrapped: 7 }],
  ])('refuses a record whose %s was changed', async (_, edit) => {
    expect(await sign('one')).toBe('done');
    await change('one', (record) => ({ ...record, ...edit }));
    expect(await sign('one')).toBe('wrapped-key-invalid');
  });

  it('refuses a record that was cut', async () => {
    const content = await readFile(file('one'));
    await writeFile(file('one'), content.subarray(0, -5));
    expect(await sign('one')).toBe('wrapped-key-invalid');
  });

  it('does not make a key over what a crash left half-written, until that is discarded', async () => {
    await writeFile(folder('keys', 'crashed.tmp'), 'half a record');
    const generate = () => outcomeOf(keys.generate('crashed', 'ECC_NIST_P256', context));
    expect(await generate()).toBe('already-exists');
    expect(await sign('crashed')).toBe('key-not-found');
    await keys.discard('crashed');
    expect(await readdir(folder('keys'))).toEqual(['one.json']);
    expect(await generate()).toBe('done');
  });
});
