import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { CompactEncrypt, CompactSign, exportSPKI, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { EscrowError } from '#domain/errors.ts';
import { issuerKey } from '#test/support/token-issuer.ts';
import { expectFault, tokenSubject } from './subject.ts';

const { issuer, clock, verifier } = tokenSubject();

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A header with a token whose parts are as given; signed by the issuer unless a signature is given. */
async function handMade(header: unknown, payload: unknown, signature?: string): Promise<string> {
  if (signature !== undefined) return `Bearer ${encode(header)}.${encode(payload)}.${signature}`;
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const { alg, kid, privateKey } = issuer().key;
  const signed = await new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg, kid })
    .sign(privateKey);
  return `Bearer ${signed}`;
}

describe('a token that is not signed by the issuer', () => {
  it.each(['none', 'None', 'NONE', 'nOnE'])('with algorithm %s is refused', async (alg) => {
    for (const signature of ['', 'AA']) {
      await expectFault(verifier(), handMade({ alg }, issuer().claims(), signature), 'algorithm');
    }
  });

  it.each(['HS256', 'HS512'])('with %s over the public key, in any of its forms, is refused', async (alg) => {
    const { jwk } = issuer().key;
    const pem = await exportSPKI(await importKey(jwk));
    for (const secret of [pem, pem.trim(), JSON.stringify(jwk), jwk.x ?? '']) {
      const signed = `${encode({ alg, kid: 'first' })}.${encode(issuer().claims())}`;
      const signature = createHmac(alg.replace('HS', 'sha'), secret).update(signed).digest('base64url');
      await expectFault(verifier(), `Bearer ${signed}.${signature}`, 'algorithm');
    }
  });

  it('that brings or points to its own key is refused, and nothing is fetched from there', async () => {
    const thief = await issuerKey('first');
    const elsewhere = `${issuer().url}/thief`;
    for (const header of [
      { jwk: thief.jwk },
      { jku: elsewhere },
      { x5u: elsewhere },
      { x5c: ['AAAA'] },
      { kid: elsewhere },
    ]) {
      await expectFault(verifier(), issuer().bearer({}, { header, key: thief }), 'signature');
    }
    expect(issuer().asked).not.toContain('/thief');
  });

  it('with the name of the right key is refused', async () => {
    await expectFault(verifier(), issuer().bearer({}, { key: await issuerKey('first') }), 'signature');
  });

  it('with a key of another algorithm under the right name is refused', async () => {
    const key = await issuerKey('first', 'RS256');
    await expectFault(verifier(), issuer().bearer({}, { key }), 'signature');
  });

  it('with no key id is refused where several keys would fit', async () => {
    issuer().published.push((await issuerKey('second')).jwk);
    await expectFault(verifier(), issuer().bearer({}, { header: { kid: undefined } }), 'signature');
  });

  it('by an algorithm that the settings leave out is refused', async () => {
    await expectFault(verifier({ algorithms: ['RS256'] }), issuer().bearer(), 'algorithm');
    expect(issuer().asked).toEqual([]);
  });

  it('by an issuer key that is too short for its algorithm is refused', async () => {
    issuer().published.push({ kty: 'RSA', kid: 'short', n: encode(Buffer.alloc(128, 0xff)), e: 'AQAB' });
    const token = handMade({ alg: 'RS256', kid: 'short' }, issuer().claims(), 'A'.repeat(171));
    await expectFault(verifier(), token, 'signature');
  });

  it('whatever single character of it was changed, is refused', async () => {
    const good = await issuer().bearer();
    const check = verifier();
    // The last character carries four bits that belong to no byte of the signature.
    const position = fc.integer({ min: 'Bearer '.length, max: good.length - 2 });
    const character = fc.constantFrom(...'ABCyz019-_+/=. ~');
    await fc.assert(
      fc.asyncProperty(position, character, async (position, replacement) => {
        fc.pre(replacement !== good[position]);
        const changed = good.slice(0, position) + replacement + good.slice(position + 1);
        await expect(check.verify(changed)).rejects.toMatchObject({ code: 'token-invalid' });
      }),
    );
  });
});

describe('a token of the issuer', () => {
  const now = () => clock().now().getTime() / 1_000;

  it.each(['urn:other', ['urn:other'], [], '', undefined, 7, { audience: 'urn:enrollment-key-escrow' }])(
    'for audience %j is refused',
    async (aud) => {
      await expectFault(verifier(), issuer().bearer({ aud }), 'audience');
    },
  );

  it.each(['https://evil.example', '', undefined, 7])(
    'that says it is of issuer %j is refused',
    async (iss) => {
      await expectFault(verifier(), issuer().bearer({ iss }), 'issuer');
    },
  );

  it('that says it is of the issuer among others, or of nearly that one, is refused', async () => {
    for (const iss of [[issuer().url], `${issuer().url}/`, issuer().url.toUpperCase()]) {
      await expectFault(verifier(), issuer().bearer({ iss }), 'issuer');
    }
  });

  it('out of its time is refused', async () => {
    await expectFault(verifier(), issuer().bearer({ exp: now() - 31 }), 'expired');
    await expectFault(verifier(), issuer().bearer({ nbf: now() + 31 }), 'not yet valid');
    await expectFault(verifier(), issuer().bearer({ iat: now() + 31 }), 'not yet valid');
    await expectFault(verifier(), issuer().bearer({ auth_time: now() + 31 }), 'not yet valid');
    const kept = await issuer().bearer();
    clock().advance(700_000);
    await expectFault(verifier(), kept, 'expired');
  });

  it.each([
    { exp: undefined },
    { exp: '9999999999' },
    { exp: null },
    { iat: '1' },
    { nbf: [1] },
    { auth_time: '1' },
    { auth_time: -1 },
    { auth_time: null },
    { roles: 7 },
    { roles: { administrator: true } },
    { roles: ['subscriber', 7] },
    { roles: [['administrator']] },
  ])('with the claim %j is malformed', async (change) => {
    await expectFault(verifier(), issuer().bearer(change), 'malformed');
  });

  it.each([undefined, null, '', 7, ['ada'], { id: 'ada' }, ' ada', 'a\nb', 'é', 'a'.repeat(256)])(
    'with subject %j is refused',
    async (sub) => {
      await expectFault(verifier(), issuer().bearer({ sub }), 'no subject');
    },
  );

  it.each([undefined, ''])('with organization %j is refused', async (organization) => {
    await expectFault(verifier(), issuer().bearer({ organization }), 'no organization');
  });

  it.each([null, 7, ['acme'], '../other', '_canary', 'a/b', 'acme ', '.', 'a'.repeat(65), { name: 'acme' }])(
    'with organization %j is unsuitable',
    async (organization) => {
      await expectFault(verifier(), issuer().bearer({ organization }), 'unsuitable organization');
    },
  );

  it('with a critical header that is not known here is refused', async () => {
    for (const header of [{ crit: ['http://example.org/x'], 'http://example.org/x': 1 }, { crit: [] }]) {
      await expectFault(
        verifier(),
        handMade({ alg: 'ES256', kid: 'first', ...header }, {}, 'AA'),
        'malformed',
      );
    }
  });

  it('with claims that are no JSON object is refused', async () => {
    for (const payload of ['', 'null', '[]', '"text"', '{"sub":"ada"', '7', '{"sub":"\ud800"}\u0000']) {
      await expectFault(verifier(), handMade({}, payload), 'malformed');
    }
  });

  it('with a claim twice counts by the last one only, as it was signed', async () => {
    const claims = JSON.stringify(issuer().claims());
    const twice = `{"organization":"other",${claims.slice(1)}`;
    expect(await verifier().verify(await handMade({}, twice))).toMatchObject({ organization: 'acme' });
    const last = `${claims.slice(0, -1)},"aud":"urn:other"}`;
    await expectFault(verifier(), handMade({}, last), 'audience');
  });

  it('with its header parameter twice is checked by the one that is used', async () => {
    const header = '{"alg":"ES256","kid":"first","alg":"none"}';
    await expectFault(verifier(), handMade(header, issuer().claims(), ''), 'algorithm');
  });

  it('with claims named like parts of every object gives nothing by them', async () => {
    const named = verifier({ organization: { claim: 'constructor' } });
    await expectFault(named, issuer().bearer(), 'no organization');
    await expectFault(verifier({ subjectClaim: '__proto__' }), issuer().bearer(), 'no subject');
  });
});

describe('what is not a signed token', () => {
  it('is refused: an encrypted one', async () => {
    const { jwk } = await issuerKey('recipient', 'ECDH-ES');
    const jwe = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(issuer().claims())))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .encrypt(await importJWK({ ...jwk, alg: 'ECDH-ES', use: 'enc' }, 'ECDH-ES'));
    await expectFault(verifier(), `Bearer ${jwe}`, 'malformed');
  });

  it('is refused: a truncated one, at each of its ends', async () => {
    const good = await issuer().bearer();
    const [header = '', payload = ''] = good.split('.');
    for (const cut of [header, `${header}.`, `${header}.${payload}`, `.${payload}.`, '...', `${header}..x`]) {
      const authorization = cut.startsWith('Bearer') ? cut : `Bearer ${cut}`;
      await expectFault(verifier(), authorization, 'malformed');
    }
    await expectFault(verifier(), good.slice(0, -2), 'signature');
    await expectFault(verifier(), `${header}.${payload}.`, 'signature');
  });

  it('is refused: two of them, or one with spaces or line ends in it', async () => {
    const good = await issuer().bearer();
    for (const bad of [`${good}, ${good}`, `${good} `, `${good}\r\nx: y`, `${good};`, `Bearer "${good}"`]) {
      await expectFault(verifier(), bad, 'malformed');
    }
  });

  it('is refused unread when it is huge', async () => {
    await expectFault(verifier(), `Bearer ${'A'.repeat(16 * 1024 + 1)}`, 'too large');
    await expectFault(verifier(), `Bearer ${'.'.repeat(1024 * 1024)}`, 'too large');
    expect(issuer().asked).toEqual([]);
  });

  it('is refused by an error of ours, whatever it is', async () => {
    const check = verifier();
    const part = fc.oneof(fc.base64String(), fc.json().map(encode), fc.string());
    const header = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 6 }).map((parts) => `Bearer ${parts.join('.')}`),
    );
    await fc.assert(
      fc.asyncProperty(header, async (authorization) => {
        const thrown: unknown = await check.verify(authorization).catch((error: unknown) => error);
        expect(thrown).toBeInstanceOf(EscrowError);
        expect(thrown).toMatchObject({ code: expect.stringMatching(/^(token-invalid|sign-in-required)$/) });
      }),
      { numRuns: 500 },
    );
  });
});

async function importKey(jwk: Parameters<typeof importJWK>[0]) {
  const key = await importJWK(jwk, 'ES256', { extractable: true });
  if (key instanceof Uint8Array) throw new TypeError('not a public key');
  return key;
}
