import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pkcs12Kdf } from '#crypto/pfx/kdf.ts';
import { bmpPassword } from '#crypto/pfx/password.ts';
import { Secret } from '#domain/secret.ts';
import { run } from './tools.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const inputs = fc.record({
  id: fc.constantFrom(1, 2, 3),
  salt: fc.uint8Array({ minLength: 1, maxLength: 260 }),
  /** A test's passwords: they stand in the argument list. */
  text: fc.string({ minLength: 1, maxLength: 70 }),
  iterations: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1_000, max: 5_000 })),
  keyLength: fc.integer({ min: 1, max: 150 }),
});

describe('openssl kdf PKCS12KDF', () => {
  it.each(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)(
    'derives the same for any password, salt, purpose, count and length (%s)',
    async (digest) => {
      await fc.assert(
        fc.asyncProperty(inputs, async ({ text, ...input }) => {
          const password = Secret.fromText(text);
          const settings = {
            digest: digest.toUpperCase(),
            hexpass: hex(bmpPassword(password)),
            hexsalt: hex(input.salt),
            id: input.id,
            iter: input.iterations,
          };
          const { output } = await run(
            ...['openssl', 'kdf', '-keylen', String(input.keyLength)],
            ...Object.entries(settings).flatMap(([name, value]) => ['-kdfopt', `${name}:${value}`]),
            'PKCS12KDF',
          );
          const derived = await pkcs12Kdf({ ...input, digest, password });
          expect(hex(derived.bytes())).toBe(output.trim().replaceAll(':', '').toLowerCase());
        }),
        { numRuns: 40 },
      );
    },
  );
});
