import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimsOf } from '../../../cli/sign-in/claims.ts';
import { shell } from './shell.ts';

const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

describe('the claims of a token', () => {
  it('are read for showing, unverified', () => {
    const claims = {
      sub: 'eva',
      organization: 'example',
      roles: ['subscriber'],
      exp: 1,
      auth_time: 2,
      more: 3,
    };
    const { more: _left, ...known } = claims;
    expect(claimsOf(token(claims))).toEqual(known);
    expect(claimsOf(token({ roles: 'a b' }))).toEqual({ roles: ['a', 'b'] });
  });

  it.each(['opaque', '', '..', 'a.b.c', `${token('text')}`, token({ sub: 7 }), token(null)])(
    'are none where it has none: %s',
    (text) => expect(claimsOf(text)).toBeUndefined(),
  );

  it('are read of anything without failing', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.json(),
        (text, json) => [claimsOf(text), claimsOf(token(json))].length === 2,
      ),
    );
  });
});

describe('escrow whoami', () => {
  const { run, write } = shell({ ESCROW_CREDENTIALS: '/nonexistent/sign-ins.json', ESCROW_SERVER: '' });

  it('shows what a token says, and how long it lasts', async () => {
    write('token', token({ sub: 'eva\u202e', roles: ['subscriber'], exp: 9_999_999_999 }));
    const { status, stdout } = await run('escrow whoami --token-file token');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^eva\?, at http:\/\/127\.0\.0\.1:8420\n/);
    expect(stdout).toMatch(/^ {2}organization +\(the token does not say\)$/m);
    expect(stdout).toMatch(/^ {2}token +until 2286-11-20T17:46:39\.000Z, \d+ min from now$/m);
  });

  it('says that one ran out', async () => {
    write('token', token({ sub: 'eva', exp: 1_000 }));
    const { status, stdout } = await run('escrow whoami --token-file token');
    expect(status).toBe(4);
    expect(stdout).toContain('ran out at 1970-01-01T00:16:40.000Z; sign in again: escrow login');
  });

  it('says little of one that cannot be looked into, or has times beyond all calendars', async () => {
    for (const text of ['opaque', token({ exp: 1e300, auth_time: -1e300 })]) {
      write('token', text);
      const { status, stdout } = await run('escrow whoami --token-file token --json');
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ subject: null, roles: [], expiresAt: null, expired: false });
    }
  });
});
