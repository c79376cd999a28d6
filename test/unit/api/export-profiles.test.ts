import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPfx } from '#crypto/pfx/read.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { profileFor } from '#domain/pfx-targets.ts';
import { profileWarnings } from '#domain/pfx-warnings.ts';
import { Secret } from '#domain/secret.ts';
import { type ApiWorld, makeApiWorld } from '#test/support/api.ts';
import { furnish, rightPassword } from '#test/support/api-requests.ts';

let api: ApiWorld;
let ready: string;
beforeAll(async () => {
  api = await makeApiWorld({ policy: { profiles: pfxProfiles } });
  ({ ready } = await furnish(api));
});
afterAll(() => api.close());

/** Asks for a copy under a generated password, which only JSON tells. */
async function exported(form: Record<string, unknown>, headers: Record<string, string> = {}) {
  const body = {
    unlock: { by: 'password', password: rightPassword },
    filePassword: { is: 'generated' },
    ...form,
  };
  const token = await api.as('subscriber');
  const accept = 'application/json';
  return await api.call('POST', `/v1/enrollments/${ready}/exports`, {
    token,
    body,
    headers: { accept, ...headers },
  });
}

async function expectProfile({ json }: Awaited<ReturnType<typeof exported>>, profile: PfxProfile) {
  const pfx = Buffer.from(String(json['pfx']), 'base64');
  await readPfx(pfx, Secret.fromText(String(json['generatedPassword'])), { profile });
}

describe('an export that says how the file is to be written', () => {
  it.each<[Record<string, string>, PfxProfile]>([
    [{}, 'modern'],
    [{ profile: 'modern' }, 'modern'],
    [{ profile: 'pbmac1' }, 'pbmac1'],
    [{ profile: 'compatible' }, 'compatible'],
    [{ target: 'windows-server-2016' }, 'compatible'],
    [{ target: 'windows-11' }, profileFor('windows-11')],
  ])('by %j gets one as %s, and is told so', async (form, profile) => {
    const answer = await exported(form);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json['profile']).toBe(profile);
    expect(answer.json['warning']).toBe(profileWarnings[profile]);
    await expectProfile(answer, profile);
  });

  it('by both is refused, naming the one too many', async () => {
    const { status, json } = await exported({ profile: 'modern', target: 'macos' });
    expect({ status, json }).toMatchObject({
      status: 400,
      json: { code: 'invalid-input', issues: [{ field: 'target', next: 'Send one of the two.' }] },
    });
  });

  it('by a system or a profile that nobody knows is refused, with those that are known', async () => {
    const { json } = await exported({ target: 'windows-95' });
    expect(json).toMatchObject({ code: 'invalid-input', issues: [{ field: 'target' }] });
    expect(JSON.stringify(json)).toContain('windows-server-2016');
    expect(JSON.stringify((await exported({ profile: 'old' })).json)).toContain('compatible');
  });

  it.each([{ profile: 'compatible' }, { target: 'windows-server-2016' }])(
    'by %j under a password of one’s own is refused, and says what to do',
    async (form) => {
      const filePassword = { is: 'own', password: 'Reiher am Weiher 9' };
      const { json } = await exported({ ...form, filePassword }, { accept: 'application/pkcs12' });
      expect(json).toMatchObject({
        code: 'invalid-input',
        next: 'Ask for a generated password, or for another profile.',
      });
      expect(json['detail']).toContain('filePassword');
    },
  );

  it('again with its key, but otherwise, is another request', async () => {
    const key = { 'idempotency-key': 'form-1' };
    const first = await exported({ target: 'macos' }, key);
    expect((await exported({ target: 'macos' }, key)).json['exportId']).toBe(first.json['exportId']);
    for (const form of [{}, { target: 'ios' }, { profile: profileFor('macos') }, { profile: 'pbmac1' }]) {
      const { status, code } = await exported(form, key);
      expect({ status, code }).toEqual({ status: 409, code: 'idempotency-mismatch' });
    }
  });

  it('is recorded with its profile, refused or not', async () => {
    const { entries } = api.world.dependencies.ledger;
    const before = entries.length;
    await exported({ profile: 'compatible' });
    await exported({ profile: 'compatible' }, { accept: 'application/pkcs12' });
    expect(entries.slice(before)).toMatchObject([
      { action: 'export-copy', outcome: 'done', profile: 'compatible' },
      { action: 'export-copy', outcome: 'refused', code: 'not-acceptable', profile: 'compatible' },
    ]);
  });
});
