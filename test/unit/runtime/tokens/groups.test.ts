import { describe, expect, it } from 'vitest';
import { groupLimits } from '#domain/principal.ts';
import { expectFault, tokenSubject } from './subject.ts';

const { issuer, verifier } = tokenSubject();
const groupsOf = async (claims: Record<string, unknown>, change: Parameters<typeof verifier>[0] = {}) =>
  (await verifier(change).verify(await issuer().bearer(claims))).groups;
const many = (count: number) => Array.from({ length: count }, (_unused, index) => `group-${index}`);

describe('the groups of a token', () => {
  it('are those of the claim `groups`, each once, whatever they are called', async () => {
    const groups = ['payroll', 'HR Staff', '/acme/contractors', 'payroll', '__proto__', 'Ünïcödé 👩‍💻'];
    expect(await groupsOf({ groups })).toEqual([...new Set(groups)]);
  });

  it('are one, where the claim is a text', async () => {
    expect(await groupsOf({ groups: 'payroll' })).toEqual(['payroll']);
  });

  it.each([undefined, null, [], ''])('are none where there are none: %j', async (groups) => {
    expect(await groupsOf({ groups })).toBeUndefined();
  });

  it('are those of the claims that settings name, and of no other', async () => {
    const claims = { groups: ['payroll'], 'cognito:groups': ['auditor'], departments: ['it', 'auditor'] };
    expect(await groupsOf(claims, { groupsClaim: 'cognito:groups' })).toEqual(['auditor']);
    const both = { groupsClaim: ['cognito:groups', 'departments'] };
    expect(await groupsOf(claims, both)).toEqual(['auditor', 'it']);
  });

  it('give no role: the claims of roles do', async () => {
    const principal = await verifier().verify(
      await issuer().bearer({ roles: [], groups: ['administrator'] }),
    );
    expect(principal).toMatchObject({ roles: [], groups: ['administrator'] });
  });

  it('are taken up to a number and a length', async () => {
    expect(await groupsOf({ groups: many(groupLimits.groups) })).toHaveLength(groupLimits.groups);
    const long = 'g'.repeat(groupLimits.characters);
    expect(await groupsOf({ groups: [long] })).toEqual([long]);
  });
});

// Policy may forbid by a group: whoever has more than are looked at must not be taken for somebody who has few.
describe('a token whose groups cannot be taken whole is refused', () => {
  it('where they are too many, in one claim or in several', async () => {
    await expectFault(
      verifier(),
      issuer().bearer({ groups: many(groupLimits.groups + 1) }),
      'too many groups',
    );
    const several = verifier({ groupsClaim: ['groups', 'departments'] });
    const claims = { groups: many(groupLimits.groups), departments: ['one more'] };
    await expectFault(several, issuer().bearer(claims), 'too many groups');
  });

  it.each([
    ['one that is too long', ['g'.repeat(groupLimits.characters + 1)]],
    ['one without a name', ['payroll', '']],
    ['one that is no text', ['payroll', 7]],
    ['one within another', [['payroll']]],
    ['one that is an object', [{ name: 'payroll' }]],
    ['half a character', ['pay\ud83droll']],
    ['a number', 7],
    ['an object', { 0: 'payroll', length: 1 }],
    ['true', true],
    ['a text of one name or several', 'HR Staff'],
  ])('where there is %s', async (_what, groups) => {
    await expectFault(verifier(), issuer().bearer({ groups }), 'malformed');
  });

  it('where the issuer says where they are, and not what', async () => {
    const elsewhere = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://x' } },
    };
    await expectFault(verifier(), issuer().bearer(elsewhere), 'groups elsewhere');
    await expectFault(verifier(), issuer().bearer({ ...elsewhere, groups: ['payroll'] }), 'groups elsewhere');
    expect(await groupsOf(elsewhere, { groupsClaim: 'departments' })).toBeUndefined();
    expect(await groupsOf({ _claim_names: { address: 'src1' }, groups: ['it'] })).toEqual(['it']);
    expect(await groupsOf({ _claim_names: 'groups', groups: ['it'] })).toEqual(['it']);
  });
});
