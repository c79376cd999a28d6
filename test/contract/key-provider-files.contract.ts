import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeKeyPair } from '#crypto/key-pair.ts';
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
        // The middle of the DER lies in the private numbers, whatever the algorithm.
        const bytes = Buffer.from(privateKey.bytes());
        const marked = bytes.subarray(bytes.length / 2 - 12, bytes.length / 2 + 12);
        for (const { path, content } of files) {
          const traces = [marked, marked.toString('hex'), base64Core(bytes)];
          expect(
            traces.filter((trace) => content.includes(trace)),
            path,
          ).toEqual([]);
        }
      }
    });

    it('are for their owner alone', async () => {
      await subject.resident().generate('beside', 'ECC_NIST_P256', identityContext);
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

/** Base64 of the middle of the bytes as it stands inside the base64 of the whole. */
function base64Core(bytes: Buffer): string {
  const start = Math.floor(bytes.length / 6) * 3;
  return bytes.subarray(start, start + 24).toString('base64');
}

async function filesUnder(folder: string): Promise<{ path: string; mode: number; content: Buffer }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => ({ path, mode: (await stat(path)).mode, content: await readFile(path) })),
  );
}
