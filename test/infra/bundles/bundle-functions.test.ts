import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LambdaFunction, startFunction } from '#test/support/lambda-function.ts';
import { bundleFunctions } from '../../../infra/bundles/bundle-functions.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'escrow-bundles-'));
const sample = { entries: ['sample/handler'], sources: import.meta.dirname, custody: 'kms' } as const;
let bundleFolder: string;

beforeAll(() => {
  bundleFolder = bundleFunctions({ ...sample, outFolder: join(folder, 'one') })['sample/handler'] ?? '';
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a bundled function, under the client of the Runtime API', () => {
  let sampleFunction: LambdaFunction;

  beforeAll(async () => {
    sampleFunction = await startFunction({ name: 'sample', bundleFolder });
  });
  afterAll(() => sampleFunction.stop());

  it('starts its worker thread, reads the file beside it, and knows its version', async () => {
    // RFC 7292 appendix B, by OpenSSL: `openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexpass:00610000
    // -kdfopt hexsalt:00000000000000000000000000000000 -kdfopt iter:1000 -kdfopt id:3 PKCS12KDF`
    const derived = '027ea00f65991a277a9e668e249b3e2dc0bf50441712016653d56868ec42210c';
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await sampleFunction.invoke({ iterations: 1_000 })).toEqual({
      ok: true,
      payload: { derived, text: 'said beside the bundle\n', version },
    });
  });

  it('logs of an error where in the bundle it was thrown, by line and column', async () => {
    const { payload } = {
      payload: undefined,
      ...(await sampleFunction.invoke({ iterations: 1, logs: true })),
    };
    expect(payload).toMatchObject({
      code: 'internal',
      causes: [{ error: 'InternalError' }, { error: 'TypeError' }],
    });
    expect(JSON.stringify(payload)).toMatch(/sample\/handler\/index\.mjs:\d+:\d+"/);
  });

  it('says by its name which error it fails with', async () => {
    expect(await sampleFunction.invoke({ iterations: 1, fails: true })).toMatchObject({
      ok: false,
      failure: { errorType: 'InputError' },
    });
    expect(sampleFunction.output()).toContain('"className":"InputError"');
  });
});

describe('a bundle', () => {
  it('is one module, and the files that it starts or reads', () => {
    expect(readdirSync(bundleFolder).sort()).toEqual([
      'index.mjs',
      'shared-crypto-worker-worker.mjs',
      'test-infra-bundles-sample-beside.txt',
    ]);
  });

  it('is the same, byte for byte, each time, and says nothing of the machine that made it', () => {
    const again = bundleFunctions({ ...sample, outFolder: join(folder, 'two') })['sample/handler'] ?? '';
    for (const name of readdirSync(bundleFolder)) {
      const bytes = readFileSync(join(bundleFolder, name));
      expect(readFileSync(join(again, name))).toEqual(bytes);
      expect(bytes.includes(root)).toBe(false);
    }
  });

  it('has of our package.json its name and its version alone', () => {
    expect(readFileSync(join(bundleFolder, 'index.mjs'), 'utf8')).not.toContain('devDependencies');
  });

  it("asks Node's own modules for nothing that it does not use", () => {
    const text = readFileSync(join(bundleFolder, 'index.mjs'), 'utf8');
    expect(text).not.toMatch(/\bfrom\s*"/);
    expect(text).toContain('process.getBuiltinModule("node:worker_threads")');
  });

  it('loads for clients of AWS what sends requests, and nothing that reads files or streams as browsers do', async () => {
    const aws = { ...sample, entries: ['sample/aws'], outFolder: join(folder, 'aws') };
    const started = await startFunction({
      name: 'aws',
      bundleFolder: bundleFunctions(aws)['sample/aws'] ?? '',
    });
    const { payload } = { payload: undefined, ...(await started.invoke({})) };
    await started.stop();
    const loaded = JSON.stringify(payload);
    expect(loaded).toContain('NativeModule https');
    for (const unused of ['fs/promises', 'fs/streams', 'webstreams/readablestream', 'readline/interface']) {
      expect(loaded).not.toContain(`NativeModule internal/${unused}`);
    }
  });

  it('has the client of Amazon S3 where encryption keys are made, and not where identity keys are', () => {
    const makers = ['identity', 'encryption'].flatMap((purpose) =>
      ['queue', 'called'].map((kind) => `make-key-pair/${purpose}-${kind}-handler`),
    );
    const folders = bundleFunctions({ entries: makers, custody: 'kms', outFolder: join(folder, 'makers') });
    const withS3 = makers.filter((maker) =>
      readFileSync(join(folders[maker] ?? '', 'index.mjs'), 'utf8').includes('AmazonS3'),
    );
    expect(withS3).toEqual(makers.filter((maker) => maker.includes('encryption')));
  });

  it('replaces whatever was in its place', () => {
    const outFolder = join(folder, 'three');
    const stale = join(bundleFunctions({ ...sample, outFolder })['sample/handler'] ?? '', 'stale.mjs');
    writeFileSync(stale, '');
    bundleFunctions({ ...sample, outFolder });
    expect(readdirSync(join(outFolder, 'sample/handler'))).not.toContain('stale.mjs');
  });
});
