import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '#test/support/refused.ts';
import { issuerKey } from '#test/support/token-issuer.ts';
import { expectFault, tokenSubject } from './subject.ts';

const { issuer, verifier } = tokenSubject();

const metadataPath = '/.well-known/openid-configuration';

/** Expects that a good token is neither taken nor refused: it may be good later. */
async function expectUnavailable(check: ReturnType<typeof verifier>): Promise<void> {
  const authorization = await issuer().bearer();
  const error = await thrownBy(() => check.verify(authorization));
  expect(error).toMatchObject({ name: 'ProviderError', code: 'issuer-unavailable', retryable: true });
  expect(error.message).not.toContain(issuer().url);
}

describe("the issuer's keys", () => {
  it('are found by discovery when the first token comes, and kept', async () => {
    const check = verifier();
    expect(issuer().asked).toEqual([]);
    const bearer = await issuer().bearer();
    await Promise.all([check.verify(bearer), check.verify(bearer)]);
    await check.verify(bearer);
    expect(issuer().asked).toEqual([metadataPath, '/keys']);
  });

  it('are fetched from where the settings say, without discovery', async () => {
    await verifier({ jwksUri: issuer().jwksUri }).verify(await issuer().bearer());
    expect(issuer().asked).toEqual(['/keys']);
  });

  it('are fetched again for an unknown key id, and the new key counts', async () => {
    const check = verifier({ keysCooldown: 0 });
    await check.verify(await issuer().bearer());
    const key = await issuerKey('second');
    await expectFault(check, issuer().bearer({}, { key }), 'signature');
    issuer().published = [key.jwk];
    expect(await check.verify(await issuer().bearer({}, { key }))).toMatchObject({ subject: 'ada' });
    await expectFault(check, issuer().bearer(), 'signature');
  });

  it('are not fetched again for each of many unknown key ids', async () => {
    const check = verifier();
    for (const kid of ['a', 'b', 'c']) {
      await expectFault(check, issuer().bearer({}, { key: await issuerKey(kid) }), 'signature');
    }
    expect(issuer().asked).toEqual([metadataPath, '/keys']);
  });

  it('serve on while the issuer is down', async () => {
    const check = verifier();
    await check.verify(await issuer().bearer());
    await issuer().close();
    expect(await check.verify(await issuer().bearer())).toMatchObject({ subject: 'ada' });
  });

  it('of a kind that cannot sign do no harm among the others', async () => {
    issuer().published.unshift({ kty: 'oct', kid: 'first', k: 'AAAA' }, { kty: 'new kind', kid: 'first' });
    expect(await verifier().verify(await issuer().bearer())).toBeDefined();
  });
});

describe('an issuer that cannot be asked refuses no token', () => {
  it('when nothing listens, and is asked again by the next request', async () => {
    const check = verifier();
    issuer().answer = (response) => response.destroy();
    await expectUnavailable(check);
    issuer().answer = undefined;
    expect(await check.verify(await issuer().bearer())).toBeDefined();
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['answers with an HTML page', (response) => response.end('<!doctype html><title>Sign in</title>')],
    ['answers 500', (response) => response.writeHead(500).end('{}')],
    ['answers nothing', (response) => response.writeHead(204).end()],
    ['redirects', (response) => response.writeHead(302, { location: 'https://evil.example/' }).end()],
    ['hangs before its answer', () => {}],
    ['hangs within its answer', (response) => response.writeHead(200).write('{"keys":[')],
    ['answers without end', (response) => response.end('['.repeat(1024 * 1024))],
    ['answers something else', (response) => response.end('{"keys":"none","issuer":7}')],
    ['answers null', (response) => response.end('null')],
  ])('when it %s', async (_how, answer) => {
    issuer().answer = answer;
    await expectUnavailable(verifier({ issuerTimeout: 0.2 }));
    await expectUnavailable(verifier({ issuerTimeout: 0.2, jwksUri: issuer().jwksUri }));
  });

  it.each<[string, (url: string) => Record<string, unknown>]>([
    ['another issuer', (url) => ({ issuer: `${url}/other`, jwks_uri: `${url}/keys` })],
    ['the issuer with a slash more', (url) => ({ issuer: `${url}/`, jwks_uri: `${url}/keys` })],
    ['no place of keys', (url) => ({ issuer: url })],
    ['keys in a file', (url) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' })],
    ['keys that would come unprotected', (url) => ({ issuer: url, jwks_uri: 'http://keys.example/' })],
  ])('when its metadata name %s', async (_what, metadata) => {
    issuer().metadata = metadata(issuer().url);
    await expectUnavailable(verifier());
    expect(issuer().asked).toEqual([metadataPath]);
  });

  it('when its key set holds the right key, damaged', async () => {
    const { x: _, ...damaged } = issuer().key.jwk;
    issuer().published = [damaged];
    await expectUnavailable(verifier());
  });
});
