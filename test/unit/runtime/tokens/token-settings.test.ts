import { describe, expect, it } from 'vitest';
import { tokenSettings, tokenSettingsSchema } from '#runtime/tokens/token-settings.ts';
import { issuesOf } from '#test/support/issues-of.ts';

const least = { issuer: 'https://issuer.example/tenant', audience: 'urn:enrollment-key-escrow' };

const fieldsAtFault = (change: Record<string, unknown>) =>
  issuesOf(tokenSettingsSchema, { ...least, ...change }).map(({ field }) => field);

describe('the settings of token verification', () => {
  it('need an issuer and an audience; the rest has defaults', () => {
    const settings = tokenSettings(least);
    expect(settings).toMatchObject({
      audienceClaim: 'aud',
      algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'],
      subjectClaim: 'sub',
      organization: { claim: 'organization' },
      rolesClaim: 'roles',
      authTimeClaim: 'auth_time',
    });
    expect(settings.roles).toMatchObject({ administrator: 'administrator', subscriber: 'subscriber' });
    expect(Object.values(settings.roles)).not.toContain('service');
    expect(issuesOf(tokenSettingsSchema, {}).map(({ field }) => field)).toEqual(['issuer', 'audience']);
  });

  it.each([
    'http://issuer.example',
    'ftp://issuer.example',
    'issuer.example',
    'https://user:pass@issuer.example',
    'https://issuer.example/#part',
    'http://127.0.0.1.example',
    '',
    7,
  ])('take no issuer or key set from %j', (url) => {
    expect(fieldsAtFault({ issuer: url })).toEqual(['issuer']);
    expect(fieldsAtFault({ jwksUri: url })).toEqual(['jwksUri']);
  });

  it.each(['http://127.0.0.1:8420/identity', 'http://[::1]:1', 'http://localhost', 'https://a.example'])(
    'take an issuer at %s',
    (issuer) => {
      expect(fieldsAtFault({ issuer })).toEqual([]);
    },
  );

  it.each([['none'], ['HS256'], ['RS1'], ['ES256', 'none'], []])(
    'allow no list of algorithms like %j',
    (...list) => {
      expect(fieldsAtFault({ algorithms: list.flat() })[0]).toMatch(/^algorithms/);
    },
  );

  it.each([
    ['audience', { audience: [] }],
    ['audience', { audience: '' }],
    ['audienceClaim', { audienceClaim: 'azp' }],
    ['clockTolerance', { clockTolerance: 301 }],
    ['clockTolerance', { clockTolerance: -1 }],
    ['issuerTimeout', { issuerTimeout: 0 }],
    ['roles.boss', { roles: { boss: 'owner' } }],
    ['roles.boss', { roles: { boss: 'service' } }],
    ['organization', { organization: { fixed: '../acme' } }],
    ['organization', { organization: { claim: 'tenant', fixed: 'acme' } }],
    ['subjectClaim', { subjectClaim: '' }],
    ['jwks', { jwks: {} }],
  ])('name %s where it is wrong', (field, change) => {
    expect(fieldsAtFault(change)[0]).toContain(field);
  });
});
