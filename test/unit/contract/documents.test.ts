import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventSchemas } from '#contract/events.ts';
import { errorTable } from '#domain/error-codes.ts';
import { checkPolicy } from '#policy/check.ts';
import { generalPolicy } from '#policy/general-policy.ts';
import { generatedDocuments } from '../../../docs/generate.ts';

const docs = join(import.meta.dirname, '../../../docs');
const documents = generatedDocuments();
const stale = 'out of date: run `npm run docs`';

function schemaOf(name: string) {
  return JSON.parse(documents.get(`events/${name}.schema.json`) ?? 'null');
}

describe('the documents that follow from the code', () => {
  it.each([...documents])('docs/%s is up to date', async (name, text) => {
    const written = await readFile(join(docs, name), 'utf8').catch(() => 'missing');
    expect(written, `docs/${name} is ${stale}`).toBe(text);
  });

  it('are all that is in docs/events', async () => {
    const names = (await readdir(join(docs, 'events'))).map((name) => `events/${name}`);
    expect(new Set(names), `docs/events is ${stale}`).toEqual(
      new Set([...documents.keys()].filter((name) => name.startsWith('events/'))),
    );
  });

  it.each(Object.keys(eventSchemas))('describe %s by the envelope, its type and its data', (name) => {
    const schema = schemaOf(name);
    expect(schema.allOf).toEqual([{ $ref: 'cloud-event.schema.json' }]);
    expect(schema.properties.type).toEqual({ const: name });
    expect(schema.properties.data.type).toBe('object');
    expect(schema.properties.data.required.length).toBeGreaterThan(0);
  });

  it('let the events of the service grow, and the request from outside not', () => {
    expect(schemaOf('EnrollmentRequested').properties.data.additionalProperties).toBe(false);
    expect(schemaOf('BackupEscrowed').properties.data).not.toHaveProperty('additionalProperties');
  });

  it('give patterns that a JSON Schema reader can compile, and that refuse what the service refuses', () => {
    const { subscriber } = schemaOf('EnrollmentRequested').properties.data.properties;
    const familyName = new RegExp(subscriber.properties.familyName.pattern, 'u');
    expect(familyName.test("O'Brien")).toBe(true);
    expect(familyName.test('We\u200bber')).toBe(false);
    expect(new RegExp(subscriber.properties.id.pattern, 'u').test('../ada')).toBe(false);
    expect(subscriber.properties.familyName).toMatchObject({ minLength: 1, maxLength: 64 });
  });

  it('tell how copies for old systems are allowed, by a policy that would be taken', async () => {
    const page = documents.get('pfx-targets.md') ?? '';
    expect(page).toContain('cp -r policies/general own-policy');
    expect(page).toContain('escrow init --policy own-policy');
    const [, alone = ''] = /`(action == Escrow::Action::"Export")`/.exec(page) ?? [];
    const { cedar } = await generalPolicy();
    const [, before = '', scope = ''] =
      /^([\s\S]*@id\("profile-not-allowed"\)[\s\S]*?)(action in \[[^\]]*\])/.exec(cedar) ?? [];
    const changed = `${before}${alone}${cedar.slice(before.length + scope.length)}`;
    const test = {
      action: 'ExportCompatible',
      roles: ['subscriber'],
      purpose: 'encryption',
      exportable: true,
    } as const;
    expect(await checkPolicy({ cedar: changed, tests: [{ ...test, expect: 'allowed' }] })).toEqual([]);
    expect(await checkPolicy({ cedar, tests: [{ ...test, expect: 'refused' }] })).toEqual([]);
  });

  it('name every error code', () => {
    const page = documents.get('errors.md') ?? '';
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.map((row) => row.split('`')[1])).toEqual(Object.keys(errorTable));
  });
});
