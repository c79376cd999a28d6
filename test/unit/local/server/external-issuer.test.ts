import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { externalVerifier } from '#local/server/external-issuer.ts';
import { audience, startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';

const clock = { now: () => new Date() };
let folder: string;
let issuer: TokenIssuer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'escrow-claims-'));
  issuer = await startTokenIssuer(clock);
});
afterEach(async () => {
  await issuer.close();
  await rm(folder, { recursive: true });
});

async function fileOf(content: string): Promise<string> {
  const file = join(folder, 'claims.json');
  await writeFile(file, content);
  return file;
}

describe('an issuer of the operator’s', () => {
  it('says who asks, by its own tokens', async () => {
    const verifier = await externalVerifier({ issuer: issuer.url, audience: [audience] }, clock);
    expect(issuer.asked).toEqual([]);
    expect(await verifier.verify(await issuer.bearer())).toMatchObject({
      organization: 'acme',
      subject: 'ada',
      roles: ['subscriber'],
    });
  });

  it('has its claims read as the file says', async () => {
    const claims = await fileOf(
      '{"rolesClaim":"groups","roles":{"admins":"administrator"},"organization":{"fixed":"beta"}}',
    );
    const verifier = await externalVerifier({ issuer: issuer.url, audience: ['x', audience], claims }, clock);
    expect(await verifier.verify(await issuer.bearer({ groups: ['admins', 'others'] }))).toMatchObject({
      organization: 'beta',
      roles: ['administrator'],
    });
  });

  it('of another audience is refused', async () => {
    const verifier = await externalVerifier({ issuer: issuer.url, audience: ['another'] }, clock);
    await expect(verifier.verify(await issuer.bearer())).rejects.toMatchObject({ code: 'token-invalid' });
  });
});

describe('what is wrong is named by option, or by file and setting', () => {
  it('an issuer that is no https URL', async () => {
    const opening = externalVerifier({ issuer: 'http://login.example.org', audience: ['a'] }, clock);
    await expect(opening).rejects.toMatchObject({ code: 'usage', message: '--issuer: is not an https URL' });
  });

  it('an audience that is none', async () => {
    const opening = externalVerifier({ issuer: issuer.url, audience: ['a', 'b'.repeat(300)] }, clock);
    await expect(opening).rejects.toMatchObject({ code: 'usage', details: { field: '--audience' } });
  });

  it('a setting that is not known', async () => {
    const claims = await fileOf('{"role":"groups"}');
    const opening = externalVerifier({ issuer: issuer.url, audience: ['a'], claims }, clock);
    await expect(opening).rejects.toMatchObject({
      code: 'usage',
      message: `${claims}: role: is not a known field`,
    });
  });

  it.each(['', 'nonsense', '[]', 'null', '"text"'])('a file that holds %j', async (content) => {
    const claims = await fileOf(content);
    const opening = externalVerifier({ issuer: issuer.url, audience: ['a'], claims }, clock);
    await expect(opening).rejects.toMatchObject({
      code: 'usage',
      message: `${claims}: holds no JSON object`,
    });
  });

  it('a file that is not there', async () => {
    const claims = join(folder, 'none.json');
    const opening = externalVerifier({ issuer: issuer.url, audience: ['a'], claims }, clock);
    await expect(opening).rejects.toMatchObject({
      code: 'usage',
      message: `${claims}: there is no such file`,
    });
  });
});
