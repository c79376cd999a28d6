import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { asEscrowError, InternalError, ProviderError, SetUpError, StoreError } from '#domain/errors.ts';
import { explain } from '#domain/plain-words.ts';
import { explainFailure, kindOfCause } from '#local/failure.ts';

const folder = mkdtempSync(join(tmpdir(), 'escrow-failure-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const folders = { out: 'OUT', data: 'DATA' };
const said = (thrown: unknown) => explain(explainFailure(thrown, folders));

const systemError = (code: string, path?: string) =>
  Object.assign(new TypeError('marked'), { code, ...(path !== undefined && { path }) });
const sqliteError = (errcode: number) =>
  Object.assign(new TypeError('marked'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('what stopped the demo', () => {
  it.each([
    ['a file of its own', systemError('EACCES', 'OUT/a'), 'OUT/a: you may not read or write it. '],
    ['a full disk', systemError('ENOSPC'), 'OUT or DATA: the disk is full. '],
    [
      'a store that says no more',
      new StoreError('store-unavailable', { cause: systemError('ENOTDIR', 'DATA/x') }),
      'DATA/x: a file stands where a folder must be. ',
    ],
    [
      'a provider that says no more',
      new ProviderError('provider-unavailable', { cause: systemError('EROFS', 'DATA/token') }),
      'DATA/token: it is on a disk that cannot be written. ',
    ],
    [
      'a full database',
      new StoreError('store-unavailable', { cause: sqliteError(13) }),
      'DATA: the disk is full. Make room, then run the same again: it continues. (store-unavailable)',
    ],
    [
      'a damaged database, by an extended result code',
      new StoreError('store-unavailable', { cause: sqliteError(11 + 256) }),
      'DATA: its database is damaged. ',
    ],
  ])('is said of %s', (_, thrown, sentence) => {
    expect(said(thrown)).toContain(sentence);
    expect(said(thrown)).not.toContain('marked');
  });

  it('is left as it is where the error says it already', () => {
    const error = new SetUpError('usage', { field: '--out', why: 'is odd', cause: systemError('EEXIST') });
    expect(explainFailure(error, folders)).toBe(error);
  });

  it('is no file where the network is at fault', () => {
    const error = new ProviderError('provider-unavailable', { cause: systemError('ECONNREFUSED') });
    expect(explainFailure(error, folders)).toBe(error);
  });

  it('is left general where nothing is known', () => {
    expect(said(new TypeError('marked'))).toBe(
      'Something failed inside the service. Try again later; if it stays so, tell the operator. (internal)',
    );
    expect(said(new StoreError('store-unavailable', { cause: sqliteError(1) }))).toContain(
      'A store did not answer.',
    );
  });

  it('is said of a file that is no database, as SQLite finds it', () => {
    const file = join(folder, 'escrow.db');
    writeFileSync(file, 'This is no database, and long enough to be looked at as one. '.repeat(20));
    expect(said(thrownBy(() => openDatabase(file)))).toContain('DATA: what stands there is no database. ');
  });

  it('is said of a folder where the database should be', () => {
    mkdirSync(join(folder, 'folder.db'));
    expect(said(thrownBy(() => openDatabase(join(folder, 'folder.db'))))).toContain(
      'DATA: its database cannot be opened. ',
    );
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('the kind of an internal failure', () => {
  it.each([
    [new InternalError('internal', { cause: new TypeError('marked') }), 'TypeError'],
    [new InternalError('internal', { cause: systemError('ERR_ODD') }), 'TypeError ERR_ODD'],
    [
      new InternalError('internal', { cause: new RangeError('marked', { cause: new TypeError('x') }) }),
      'TypeError',
    ],
    [new InternalError('internal', { cause: 'marked' }), 'unknown'],
    [new InternalError('internal'), 'unknown'],
    [asEscrowError(new SyntaxError('marked')), 'SyntaxError'],
  ])('names no data: %o', (error, kind) => {
    expect(kindOfCause(error)).toBe(kind);
  });
});
