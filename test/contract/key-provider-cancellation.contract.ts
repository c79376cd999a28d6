import { describe, expect, it } from 'vitest';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { verifySignature } from '#crypto/public-key.ts';
import type { CallOptions } from '#ports/key-provider.ts';
import { encryptionContext, identityContext, type KeyProviderSubject } from './key-provider-subject.ts';
import { outcomeOf } from './subject.ts';

const message = Buffer.from('message');

/** What was asked is under way then. */
const begun = () => new Promise((resolve) => setImmediate(resolve));

/** What becomes of callers who give up waiting, with every provider. */
export function cancellationContract(subject: KeyProviderSubject): void {
  /** Every call that there is, with the options given, and keys of these names. */
  const everyCall = async (
    options: CallOptions,
    [there, made, brought]: readonly [string, string, string],
  ) => {
    const { provider } = subject;
    const importable = subject.importable();
    const { wrapped } = await subject.exportable().generate('ECC_NIST_P256', encryptionContext);
    const { privateKey } = await makeKeyPair('ECC_NIST_P256');
    await subject.resident().generate(there, 'ECC_NIST_P256', identityContext);
    const calls = [
      provider.mac(message, options),
      provider.signReceipt(message, options),
      subject.resident().generate(made, 'ECC_NIST_P256', identityContext, options),
      subject.resident().sign(there, 'ECDSA_SHA256', message, options),
      subject.resident().discard(there, options),
      subject.exportable().generate('ECC_NIST_P256', encryptionContext, options),
      subject.exportable().unwrap(wrapped, encryptionContext, options),
      importable.importKey(brought, 'ECC_NIST_P256', privateKey, encryptionContext, options),
    ];
    return await Promise.all(calls.map(outcomeOf));
  };
  const signsWith = (name: string) => outcomeOf(subject.resident().sign(name, 'ECDSA_SHA256', message));

  describe('callers who give up', () => {
    it('before they call get nothing done', async () => {
      const outcomes = await everyCall({ signal: AbortSignal.abort() }, ['there', 'new', 'in']);
      expect(outcomes).toEqual(outcomes.map(() => 'operation-cancelled'));
      expect(await signsWith('there')).toBe('done');
      expect(await signsWith('new')).toBe('key-not-found');
      expect(await signsWith('in')).toBe('key-not-found');
    });

    it('because their time is over get nothing done', async () => {
      const outcomes = await everyCall({ deadline: new Date(Date.now() - 1) }, ['then', 'late', 'after']);
      expect(outcomes).toEqual(outcomes.map(() => 'provider-unavailable'));
      expect(await signsWith('then')).toBe('done');
      expect(await signsWith('late')).toBe('key-not-found');
    });

    it('in good time are served', async () => {
      const options = { signal: new AbortController().signal, deadline: new Date(Date.now() + 600_000) };
      const outcomes = await everyCall(options, ['before', 'timely', 'along']);
      expect(outcomes).toEqual(outcomes.map(() => 'done'));
    });

    it('leave no key behind, and its name free', async () => {
      const controller = new AbortController();
      const given = subject.resident().generate('left', 'RSA_2048', identityContext, controller);
      const outcome = outcomeOf(given);
      await begun();
      controller.abort();
      expect(await outcome).toBe('operation-cancelled');
      // Whoever comes next waits until what was begun is undone.
      const publicKey = await subject.resident().generate('left', 'ECC_NIST_P256', identityContext);
      const signature = await subject.resident().sign('left', 'ECDSA_SHA256', message);
      expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
    });

    it('may discard at once what they gave up', async () => {
      const controller = new AbortController();
      const { privateKey } = await makeKeyPair('ECC_NIST_P256');
      const outcomes = Promise.all([
        outcomeOf(subject.resident().generate('given-up', 'RSA_2048', identityContext, controller)),
        outcomeOf(
          subject
            .importable()
            .importKey('brought', 'ECC_NIST_P256', privateKey, encryptionContext, controller),
        ),
      ]);
      await begun();
      controller.abort();
      expect(await outcomes).toEqual(['operation-cancelled', 'operation-cancelled']);
      for (const name of ['given-up', 'brought']) {
        await subject.resident().discard(name);
        expect(await signsWith(name), name).toBe('key-not-found');
      }
    });

    it('do not disturb the others', async () => {
      await subject.resident().generate('of-many', 'ECC_NIST_P256', identityContext);
      const outcomes = await Promise.all(
        Array.from({ length: 64 }, async (_, index) => {
          const controller = new AbortController();
          const call = subject.resident().sign('of-many', 'ECDSA_SHA256', message, controller);
          const outcome = outcomeOf(call);
          if (index % 2 === 0) controller.abort();
          return await outcome;
        }),
      );
      const expected = outcomes.map((_, index) => (index % 2 === 0 ? 'operation-cancelled' : 'done'));
      expect(outcomes).toEqual(expected);
    });
  });
}
