import { KMS } from '@aws-sdk/client-kms';
import { afterEach } from 'vitest';
import type { AccountSettings } from '#test/doubles/kms/account.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { type KmsDouble, startKmsDouble } from '#test/doubles/kms/kms-double.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A double and a client of the SDK that asks it, once for each request. */
export async function doubleAndClient(
  settings: AccountSettings = {},
): Promise<{ double: KmsDouble; kms: KMS }> {
  const double = await startKmsDouble(settings);
  Object.assign(process.env, kmsEnvironment(double));
  const kms = new KMS({ maxAttempts: 1 });
  ends.push(
    () => double.close(),
    () => kms.destroy(),
  );
  return { double, kms };
}

/** A key for signing. @returns its ARN */
export async function signingKey(kms: KMS, spec: 'RSA_2048' | 'ECC_NIST_P256' | 'ECC_NIST_P521') {
  const { KeyMetadata: key } = await kms.createKey({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
  return key?.Arn ?? '';
}

/** The name of the error that a call ended with; `done` if it did not. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    return error instanceof Error ? error.name : 'no error';
  }
}
