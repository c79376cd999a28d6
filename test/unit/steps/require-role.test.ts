import { describe, expect, it } from 'vitest';
import { type Principal, roles } from '#domain/principal.ts';
import { requireFreshSignIn, requireRole } from '#steps/require-role.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { thrownBy } from '#test/support/refused.ts';

const principal: Principal = { organization: 'acme', subject: 'ada', roles: [] };
const codeOf = async (act: () => void) => (await thrownBy(async () => act())).code;

describe('a role', () => {
  it('is one of those that are allowed, whatever others one has', async () => {
    requireRole({ ...principal, roles: ['auditor', 'subscriber'] }, ['administrator', 'auditor']);
    expect(await codeOf(() => requireRole(principal, roles))).toBe('not-permitted');
    expect(await codeOf(() => requireRole({ ...principal, roles: ['auditor'] }, []))).toBe('not-permitted');
  });
});

describe('a sign-in', () => {
  const clock = new ManualClock('2026-01-05T08:00:00.000Z');
  const now = clock.now().getTime() / 1_000;

  it.each([0, -1, -299, -300, 30])('%i seconds from now is fresh', (seconds) => {
    requireFreshSignIn({ ...principal, authTime: now + seconds }, clock);
  });

  it.each([-301, -86_400, -now])('%i seconds from now is not', async (seconds) => {
    const act = () => requireFreshSignIn({ ...principal, authTime: now + seconds }, clock);
    expect(await codeOf(act)).toBe('fresh-sign-in-required');
  });

  it('that the token does not tell, or tells as no number, is not', async () => {
    expect(await codeOf(() => requireFreshSignIn(principal, clock))).toBe('fresh-sign-in-required');
    const act = () => requireFreshSignIn({ ...principal, authTime: Number.NaN }, clock);
    expect(await codeOf(act)).toBe('fresh-sign-in-required');
  });
});
