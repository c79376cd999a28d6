import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { personsFolder } from '../../../cli/persons-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'persons-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the folder where the person stands', () => {
  it('is what npm says it is, of the script that npm runs', () => {
    expect(personsFolder('escrow', { npm_lifecycle_event: 'escrow', INIT_CWD: folder })).toBe(folder);
  });

  it.each([
    ['without npm', {}],
    ['under another script of npm', { npm_lifecycle_event: 'test', INIT_CWD: folder }],
    ['where npm does not say it', { npm_lifecycle_event: 'escrow' }],
    ['where it is no longer there', { npm_lifecycle_event: 'escrow', INIT_CWD: join(folder, 'gone') }],
    ['where it is no whole path', { npm_lifecycle_event: 'escrow', INIT_CWD: 'test' }],
    ['where it is empty', { npm_lifecycle_event: 'escrow', INIT_CWD: '' }],
  ])('is no other than the working folder %s', (_when, environment) => {
    expect(personsFolder('escrow', environment)).toBeUndefined();
  });

  it('is no other than the working folder where a file stands there instead', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(personsFolder('escrow', { npm_lifecycle_event: 'escrow', INIT_CWD: file })).toBeUndefined();
  });
});
