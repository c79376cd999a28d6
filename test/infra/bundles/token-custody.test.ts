import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { environmentNames as names } from '#contract/environment.ts';
import { functions } from '#contract/functions.ts';
import { Secret } from '#domain/secret.ts';
import { environmentOfFunction } from '#test/support/function-environment.ts';
import { apiEvent } from '#test/support/lambda-events.ts';
import { type LambdaFunction, startFunction } from '#test/support/lambda-function.ts';
import { bundleFunctions } from '../../../infra/bundles/bundle-functions.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'escrow-token-bundle-'));
const spec = functions['describe-service'];
const pin = '7391-4826';
let running: LambdaFunction;

/** As the image of such a function has it: the binding to tokens in `node_modules` over the functions' folders. */
beforeAll(async () => {
  mkdirSync(join(folder, 'task'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'task/node_modules'));
  const outFolder = join(folder, 'task/functions');
  const bundles = bundleFunctions({ entries: [spec.entry], outFolder, custody: 'pkcs11' });
  const pins = { pin: Secret.fromText(pin), soPin: Secret.fromText('so-pin-of-a-test') };
  const token = await createSoftHsmToken({ folder: join(folder, 'token'), label: 'escrow', ...pins });
  const told: Readonly<Record<string, string>> = {
    ...environmentOfFunction('describe-service'),
    [names.custody]: 'pkcs11',
    [names.tokenModule]: token.module,
    [names.tokenLabel]: 'escrow',
    [names.tokenPin]: 'env:PIN_OF_A_TEST',
  };
  const environment = { ...told, ...token.environment, PIN_OF_A_TEST: pin };
  running = await startFunction({
    name: 'describe-service',
    bundleFolder: bundles[spec.entry] ?? '',
    environment,
  });
});
afterAll(async () => {
  await running.stop();
  rmSync(folder, { recursive: true });
});

describe('a function whose keys are in a token', () => {
  it('has beside it what it starts as a process of its own, and what that starts', () => {
    expect(readdirSync(join(folder, 'task/functions', spec.entry))).toEqual(
      expect.arrayContaining([
        'shared-adapters-pkcs11-child-main.mjs',
        'shared-adapters-pkcs11-child-orphan-watch.mjs',
      ]),
    );
  });

  it('works with the token', async () => {
    const outcome = await running.invoke(apiEvent({ path: '/.well-known/jwks.json' }));
    expect(outcome).toMatchObject({ ok: true, payload: { statusCode: 200 } });
    expect(JSON.stringify(outcome)).toContain('P-256');
  });
});
