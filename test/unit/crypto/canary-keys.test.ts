import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveCanaryKeys } from '#crypto/canary-keys.ts';
import { openSealedPassphrase, sealPassphrase } from '#crypto/sealing.ts';
import { Secret } from '#domain/secret.ts';

const reference = { organization: '_canary', enrollmentId: 'enr_1', backupId: 'att_1', pfxSha256: 'ab' };
const text = 'obviously a test, and no secret: 0123456789';

describe("the canaries' keys", () => {
  it('are the same for the same secret, and two', async () => {
    const [one, other] = [
      await deriveCanaryKeys(Secret.fromText(text)),
      await deriveCanaryKeys(Secret.fromText(text)),
    ];
    expect(one).toEqual(other);
    expect(one.recoveryKey.x).not.toBe(one.recipientKey.x);
    expect(JSON.stringify([one.recoveryKey, one.recipientKey])).not.toContain('"d"');
  });

  it('are key pairs of P-256, whatever the secret, and open what is sealed to them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 43, maxLength: 80 }), async (bytes) => {
        const { recoveryKey, recoveryPrivateKey } = await deriveCanaryKeys(new Secret(bytes));
        // OpenSSL refuses a private key whose public half is not its own.
        const key = createPrivateKey({ key: { ...recoveryPrivateKey }, format: 'jwk' });
        expect(createPublicKey(key).export({ format: 'jwk' })).toMatchObject({
          x: recoveryKey.x,
          y: recoveryKey.y,
        });
        const sealed = await sealPassphrase({
          recoveryKey,
          passphrase: Secret.fromText('sealed'),
          ...reference,
        });
        expect((await openSealedPassphrase(sealed, recoveryPrivateKey, reference)).text()).toBe('sealed');
      }),
      { numRuns: 20 },
    );
  });

  it('are of one secret only', async () => {
    const one = await deriveCanaryKeys(Secret.fromText(text));
    const other = await deriveCanaryKeys(Secret.fromText(`${text}.`));
    expect(one.recoveryKey.kid).not.toBe(other.recoveryKey.kid);
  });

  it('are not derived from what is too short to be a secret', async () => {
    await expect(deriveCanaryKeys(Secret.fromText('x'.repeat(42)))).rejects.toMatchObject({
      code: 'provider-misconfigured',
    });
  });
});
