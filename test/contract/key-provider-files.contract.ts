import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeKeyPair, privateKeyObject } from '#crypto/key-pair.ts';
import type { Secret } from '#domain/secret.ts';
import { notNames } from './key-provider-resident.contract.ts';
import type { KeyProviderStore } from './key-provider-stores.ts';
import { encryptionContext, identityContext, present, useKeyProvider } from './key-provider-subject.ts';
import { outcomeOf } from './subject.ts';

/** What every provider must do that keeps its keys in files of this machine. */
export function keyFilesContract(name: string, make: () => Promise<KeyProviderStore>): void {
  describe(`the files of ${name}`, () => {
    const subject = useKeyProvider(make);
    const folderOf = () => present(subject.folder);

    it('hold no private key that is not locked', async () => {
      const imported = await makeKeyPair('ECC_NIST_P521');
      await present(subject.provider.importableKeys).importKey(
        'imported',
        'ECC_NIST_P521',
        imported.privateKey,
        encryptionContext,
      );
      const made = await Promise.all([
        subject.exportable().generate('ECC_NIST_P384', encryptionContext),
        subject.exportable().generate('RSA_2048', encryptionContext),
      ]);
      await subject.resident().generate('beside', 'ECC_NIST_P256', identityContext);
      await subject.exportable().unwrap(made[0].wrapped, encryptionContext);
      const files = await filesUnder(folderOf());
      expect(files.length).toBeGreaterThan(0);
      for (const { privateKey } of [...made, imported]) {
        const traces = tracesOf(privateKey);
        for (const { path, content } of files) {
          expect(
            traces.filter((trace) => content.includes(trace)),
            path,
          ).toEqual([]);
        }
      }
    });

    it('are for their owner alone', async () => {
      await subject.resident().generate('owned', 'ECC_NIST_P256', identityContext);
      const files = await filesUnder(folderOf());
      expect(files.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
    });

    it('stand in their folder, whatever a key is called', async () => {
      const before = await readdir(dirname(folderOf()));
      for (const name of notNames) {
        await outcomeOf(subject.resident().generate(name, 'ECC_NIST_P256', identityContext));
      }
      const appeared = (await readdir(dirname(folderOf()))).filter((entry) => !before.includes(entry));
      expect(appeared.filter((entry) => entry.startsWith('escape'))).toEqual([]);
    });
  });
}

/** A piece of each private number of a key (RFC 7518 sections 6.2.2 and 6.3.2), in the forms in which it might be written. */
function tracesOf(privateKey: Secret): (Buffer | string)[] {
  const der = Buffer.from(privateKey.bytes());
  const { d, p, q } = privateKeyObject(privateKey).export({ format: 'jwk' });
  const pieces = [d, p, q].flatMap((number) =>
    number === undefined ? [] : [Buffer.from(number, 'base64url').subarray(4, 28)],
  );
  expect(pieces.every((piece) => der.includes(piece))).toBe(true);
  return pieces.flatMap((piece) => [piece, piece.toString('hex'), base64In(der, der.indexOf(piece))]);
}

/** Base64 of some bytes as it stands inside the base64 of the whole. */
function base64In(whole: Buffer, at: number): string {
  const start = Math.ceil(at / 3) * 3;
  return whole.subarray(start, start + 18).toString('base64');
}

async function filesUnder(folder: string): Promise<{ path: string; mode: number; content: Buffer }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => ({ path, mode: (await stat(path)).mode, content: await readFile(path) })),
  );
}
