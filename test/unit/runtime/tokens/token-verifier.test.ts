import { describe, expect, it } from 'vitest';
import { thrownBy } from '#test/support/refused.ts';
import { audience, issuerKey } from '#test/support/token-issuer.ts';
import { expectFault, tokenSubject } from './subject.ts';

const { issuer, clock, verifier } = tokenSubject();

describe('an access token', () => {
  it('says who asks: organization, subject, roles', async () => {
    const principal = await verifier().verify(await issuer().bearer());
    expect(principal).toEqual({ organization: 'acme', subject: 'ada', roles: ['subscriber'] });
  });

  it('says when the person signed in', async () => {
    const authTime = clock().now().getTime() / 1_000 - 100;
    expect(await verifier().verify(await issuer().bearer({ auth_time: authTime }))).toMatchObject({
      authTime,
    });
  });

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])('may be signed by %s', async (alg) => {
    const key = await issuerKey('other', alg);
    issuer().published.push(key.jwk);
    expect(await verifier().verify(await issuer().bearer({}, { key }))).toMatchObject({ subject: 'ada' });
  });

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'JWT'])('may be of type %s', async (typ) => {
    expect(await verifier().verify(await issuer().bearer({}, { header: { typ } }))).toBeDefined();
  });

  it('may be meant for others as well', async () => {
    expect(await verifier().verify(await issuer().bearer({ aud: ['urn:other', audience] }))).toBeDefined();
  });

  it('may be sent with the scheme in any case', async () => {
    const header = (await issuer().bearer()).replace('Bearer', 'bEARER ');
    expect(await verifier().verify(header)).toBeDefined();
  });

  it('is taken as long as the clocks differ by no more than was allowed', async () => {
    const now = clock().now().getTime() / 1_000;
    const change = { exp: now - 29, iat: now + 29, nbf: now + 29, auth_time: now + 29 };
    expect(await verifier().verify(await issuer().bearer(change))).toBeDefined();
  });

  it('may have its claims under other names, its roles in other words', async () => {
    const settings = {
      subjectClaim: 'username',
      organization: { claim: 'https://acme.example/tenant' },
      rolesClaim: 'cognito:groups',
      roles: { Helpdesk: 'recovery-official', 'CN=Staff': 'subscriber' },
      authTimeClaim: 'signed_in',
    } as const;
    const token = await issuer().bearer({
      username: 'a.lovelace@acme.example',
      'https://acme.example/tenant': 'acme-2',
      'cognito:groups': ['Helpdesk', 'administrator', 'CN=Staff', 'Helpdesk'],
      signed_in: 1_700_000_000,
    });
    expect(await verifier(settings).verify(token)).toEqual({
      organization: 'acme-2',
      subject: 'a.lovelace@acme.example',
      issuerSubject: 'ada',
      roles: ['recovery-official', 'subscriber'],
      authTime: 1_700_000_000,
    });
  });

  describe('with several claims for one thing', () => {
    const settings = { subjectClaim: ['username', 'sub'], rolesClaim: ['cognito:groups', 'scope'] };

    it('names its subject by the first that it has', async () => {
      const person = await issuer().bearer({ sub: '4b2f', username: 'a.lovelace' });
      expect(await verifier(settings).verify(person)).toMatchObject({ subject: 'a.lovelace' });
      const program = await issuer().bearer({ sub: '7kq3' });
      expect(await verifier(settings).verify(program)).toMatchObject({ subject: '7kq3' });
    });

    it('tells what the issuer itself calls somebody, so that one under two names is known as one', async () => {
      const named = await verifier(settings).verify(await issuer().bearer({ sub: '4b2f', username: 'ada' }));
      const unnamed = await verifier(settings).verify(await issuer().bearer({ sub: '4b2f' }));
      expect([named.issuerSubject, unnamed.subject, unnamed.issuerSubject]).toEqual([
        '4b2f',
        '4b2f',
        undefined,
      ]);
      for (const sub of [undefined, 7, '', 'a\nb', 'a'.repeat(256)]) {
        const principal = await verifier(settings).verify(await issuer().bearer({ sub, username: 'ada' }));
        expect(principal).not.toHaveProperty('issuerSubject');
      }
    });

    it('has the roles of all', async () => {
      const claims = { 'cognito:groups': ['auditor'], scope: 'openid administrator', roles: ['subscriber'] };
      const token = await issuer().bearer(claims);
      expect(await verifier(settings).verify(token)).toMatchObject({ roles: ['auditor', 'administrator'] });
    });

    it('is refused where the first of them is no subject, whatever the others are', async () => {
      const token = await issuer().bearer({ sub: '7kq3', username: '' });
      await expect(verifier(settings).verify(token)).rejects.toMatchObject({ code: 'token-invalid' });
    });
  });

  it('may have its roles in one text', async () => {
    const token = await issuer().bearer({ roles: 'auditor openid  constructor __proto__ administrator' });
    expect(await verifier().verify(token)).toMatchObject({ roles: ['auditor', 'administrator'] });
  });

  it('without roles gives none', async () => {
    expect(await verifier().verify(await issuer().bearer({ roles: undefined }))).toMatchObject({ roles: [] });
  });

  it('never gives the role of the service itself', async () => {
    expect(await verifier().verify(await issuer().bearer({ roles: ['service'] }))).toMatchObject({
      roles: [],
    });
  });

  it('of an issuer that serves one organization needs no claim for it, and cannot name another', async () => {
    const fixed = verifier({ organization: { fixed: 'acme' } });
    expect(await fixed.verify(await issuer().bearer({ organization: 'other' }))).toMatchObject({
      organization: 'acme',
    });
  });

  it('of Amazon Cognito names its client instead of an audience', async () => {
    const cognito = verifier({ audienceClaim: 'client_id', audience: ['app-1', 'app-2'] });
    const claims = { aud: undefined, client_id: 'app-2', token_use: 'access' };
    expect(await cognito.verify(await issuer().bearer(claims))).toBeDefined();
    await expectFault(cognito, issuer().bearer({ ...claims, client_id: 'app-3' }), 'audience');
    await expectFault(cognito, issuer().bearer({ ...claims, client_id: ['app-1'] }), 'audience');
    await expectFault(cognito, issuer().bearer({ ...claims, token_use: undefined }), 'not an access token');
  });

  it('is told from an ID token by whatever tells', async () => {
    for (const change of [{ token_use: 'id' }, { nonce: 'n' }, { at_hash: 'h' }, { c_hash: 'h' }]) {
      await expectFault(verifier(), issuer().bearer(change), 'not an access token');
    }
    for (const typ of ['logout+jwt', 'dpop+jwt', 'secevent+jwt', '']) {
      await expectFault(verifier(), issuer().bearer({}, { header: { typ } }), 'not an access token');
    }
  });
});

describe('a request without a token', () => {
  it.each([undefined, '', 'Basic YWRhOnB3', 'Bearer', 'Bearer ', 'Bearertoken', 'Negotiate Bearer x'])(
    'is asked to sign in: %j',
    async (header) => {
      const error = await thrownBy(() => verifier().verify(header));
      expect(error).toMatchObject({ name: 'AccessError', code: 'sign-in-required', retryable: false });
      expect(issuer().asked).toEqual([]);
    },
  );
});
