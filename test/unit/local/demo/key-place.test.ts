import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { lockDataFolder } from '#adapters/sqlite/data-folder-lock.ts';
import { openKeyPlace } from '#local/demo/key-place.ts';

const root = mkdtempSync(join(tmpdir(), 'escrow-key-place-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = join(root, 'data');
const at = { data, standIn: false };
const opened = (settings: Parameters<typeof openKeyPlace>[0], environment = {}) =>
  openKeyPlace(settings, environment, root);

describe('where the keys of a demo live', () => {
  it.each([
    [{ keys: 'software' }, `software (for evaluation), in ${data}/software-keys`],
    [{ keys: 'pkcs11' }, `a SoftHSM token, in ${data}/token`],
    [
      { keys: 'pkcs11', token: { module: '/lib/p11.so', token: { label: 'mine' }, pin: 'env:PIN' } },
      'the token mine of /lib/p11.so',
    ],
    [
      { keys: 'pkcs11', token: { module: '/lib/p11.so', token: { serial: '01' }, pin: 'env:PIN' } },
      'the token number 01 of /lib/p11.so',
    ],
  ] as const)('is told, and nothing is made: %j', async (choice, name) => {
    const place = await opened({ ...at, ...choice });
    expect(place).toEqual({ name, close: expect.any(Function) });
    await place.close();
    expect(existsSync(data)).toBe(false);
  });

  it('is AWS itself only under a prefix of its own, and what that costs and leaves is told', async () => {
    const environment = { AWS_REGION: 'eu-central-1' };
    for (const kms of [{}, { keySource: 'kms' as const }]) {
      await expect(opened({ ...at, keys: 'kms', kms }, environment)).rejects.toMatchObject({
        code: 'usage',
        details: { field: '--kms-prefix' },
      });
    }
    const place = await opened({ ...at, keys: 'kms', kms: { aliasPrefix: 'trial' } }, environment);
    expect(place.name).toContain('alias/trial/');
    expect(place.warning).toContain('1 USD a month');
    expect(place.afterwards).toContain('enrollment-key-escrow:prefix = trial');
    expect(place.afterwards).toMatch(/under alias\/trial\/.*docs\/kms\.md/);
    expect(place.kms).toEqual({ kind: 'aws' });
    expect(environment).toEqual({ AWS_REGION: 'eu-central-1' });
  });

  it('is an endpoint, whatever it answers', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('no'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const environment = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}/kms` };
    expect(await opened({ ...at, keys: 'kms' }, environment)).toMatchObject({
      name: `AWS KMS, at the endpoint http://127.0.0.1:${port}`,
      kms: { kind: 'endpoint', where: `http://127.0.0.1:${port}` },
    });
    server.close();
  });

  it.each([
    ['AWS_ENDPOINT_URL_KMS', 'marked'],
    ['AWS_ENDPOINT_URL', 'marked:4566'],
    ['AWS_ENDPOINT_URL', 'ftp://marked'],
  ])('is no endpoint that is no URL of HTTP, and its text is not repeated: %s=%s', async (name, text) => {
    const refused = await opened({ ...at, keys: 'kms' }, { [name]: text }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'provider-misconfigured',
      message: `${name}: is no URL that begins with https:// or http://`,
    });
    expect(JSON.stringify(refused)).not.toContain('marked');
  });

  it('is no endpoint of another machine without encryption, and nothing is sent there', async () => {
    const sent = vi.spyOn(globalThis, 'fetch');
    const environment = { AWS_ENDPOINT_URL_KMS: 'http://kms.example.org/' };
    await expect(opened({ ...at, keys: 'kms' }, environment)).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: expect.stringContaining('on another machine, and not https'),
    });
    expect(sent).not.toHaveBeenCalled();
    sent.mockRestore();
  });

  it('is no stand-in in a folder that another run has', async () => {
    const lock = lockDataFolder(data);
    await expect(opened({ ...at, keys: 'kms' })).rejects.toMatchObject({ code: 'data-folder-in-use' });
    lock.release();
    expect(existsSync(join(data, 'kms-stand-in'))).toBe(false);
  });

  it('is a stand-in where nothing is set up, or it was asked for, until it is closed', async () => {
    for (const [standIn, environment] of [
      [false, {}],
      [true, { AWS_PROFILE: 'work' }],
    ] as const) {
      const variables: Record<string, string | undefined> = { ...environment };
      const place = await opened({ ...at, standIn, keys: 'kms' }, variables);
      const endpoint = variables['AWS_ENDPOINT_URL_KMS'] ?? '';
      expect((await fetch(endpoint)).status).toBe(400);
      expect(variables['AWS_PROFILE']).toBeUndefined();
      expect(place.kms).toEqual({ kind: 'stand-in', where: join(data, 'kms-stand-in') });
      await place.close();
      await expect(fetch(endpoint)).rejects.toThrow();
    }
  });
});
