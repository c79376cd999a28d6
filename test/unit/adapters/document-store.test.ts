import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase, openLockedKeys } from '#adapters/sqlite/database.ts';
import { SqliteDocumentStore } from '#adapters/sqlite/document-store.ts';
import { documentKinds } from '#ports/document-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('SqliteDocumentStore', () => {
  const folder = temporaryFolder();
  let database: Database;
  let lockedKeys: Database;
  let documents: SqliteDocumentStore;
  beforeEach(() => {
    database = openDatabase(folder('escrow.db'));
    lockedKeys = openLockedKeys(folder('locked-keys.db'));
    documents = new SqliteDocumentStore(database, lockedKeys);
  });
  afterEach(() => {
    database.close();
    lockedKeys.close();
  });

  it('writes locked keys into their own file and nothing else there', async () => {
    const textOf = (kind: string) => `content-of-a-${kind}-record`;
    for (const kind of documentKinds) {
      await documents.put({ kind, organization: 'acme', id: 'd-1' }, new TextEncoder().encode(textOf(kind)));
    }
    const filesWith = (text: string) =>
      readdirSync(folder())
        .filter((file) => readFileSync(folder(file)).includes(text))
        .map((file) => file.replace(/-wal$/, ''));
    for (const kind of documentKinds) {
      expect(filesWith(textOf(kind))).toEqual([kind === 'locked-key' ? 'locked-keys.db' : 'escrow.db']);
    }
  });

  it('leaves no byte of a discarded locked key in any of its files', async () => {
    const name = { kind: 'locked-key', organization: 'acme', id: 'd-1' } as const;
    const kept = { ...name, id: 'd-2' };
    const text = (id: string) => `content-of-${id}-`.repeat(2_000);
    for (const each of [name, kept]) await documents.put(each, new TextEncoder().encode(text(each.id)));
    const filesWith = (id: string) =>
      readdirSync(folder()).filter((file) => readFileSync(folder(file)).includes(`content-of-${id}`));
    expect(filesWith('d-1')).not.toEqual([]);
    await documents.discard(name);
    expect(filesWith('d-1')).toEqual([]);
    expect(filesWith('d-2')).toEqual(['locked-keys.db']);
    await documents.discard(name);
    expect(new TextDecoder().decode(await documents.get(kept))).toBe(text('d-2'));
  });

  it.each([
    ['escrow.db', 'documents', 'csr'],
    ['locked-keys.db', 'locked_keys', 'locked-key'],
  ] as const)('refuses a change of what stands in %s, whoever makes it', async (file, table, kind) => {
    await documents.put({ kind, organization: 'acme', id: 'd-1' }, Uint8Array.of(1));
    const raw = new DatabaseSync(folder(file));
    expect(() => raw.exec(`UPDATE ${table} SET bytes = x'00'`)).toThrow('documents are written once');
    raw.close();
    expect(await documents.get({ kind, organization: 'acme', id: 'd-1' })).toEqual(Uint8Array.of(1));
  });
});
