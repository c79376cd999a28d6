import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EscrowError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { checkNewPassword } from '#steps/check-new-password.ts';
import { decideBy } from '#test/support/policies.ts';
import { makeWorld, organization, request, subscriber, type World } from '#test/support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const rules = `
@id("fourteen")
@reason("A password has fourteen characters.")
permit (principal in Escrow::Role::"subscriber", action == Escrow::Action::"SetPassword", resource)
when { context.length >= 14 && context.length <= 64 };

@id("managers-twenty")
@reason("A manager's password has twenty characters.")
forbid (principal in Escrow::Group::"managers", action == Escrow::Action::"SetPassword", resource)
when { context.length < 20 };

@id("not-unlucky")
@reason("No password has thirty-three characters.")
forbid (principal, action == Escrow::Action::"SetPassword", resource)
when { context.length == 33 };

@id("none-for-guests")
@reason("Guests have their keys on a token.")
@contact("tokens@acme.example")
forbid (principal in Escrow::Group::"guests", action == Escrow::Action::"SetPassword", resource);

@id("all-else")
@reason("All else.")
permit (principal, action, resource) unless { action == Escrow::Action::"SetPassword" };
`;

async function check(text: string, groups: readonly string[] = []): Promise<EscrowError | undefined> {
  const { dependencies } = world;
  await decideBy(dependencies, organization, { cedar: rules, tests: [] });
  const enrollment = await request(world);
  const principal: Principal = { ...subscriber(), groups };
  return await checkNewPassword(
    dependencies,
    principal,
    enrollment,
    Secret.fromText(text),
    'newPassword',
  ).then(
    () => undefined,
    (error) => error,
  );
}

const long = (length: number) =>
  'Kauz im Moor 42, '
    .repeat(8)
    .slice(0, length - 1)
    .concat('!');

describe('a password that a subscriber chose', () => {
  it.each([14, 32, 34, 64])('of %i characters is as the policy wants it', async (length) => {
    expect(await check(long(length))).toBeUndefined();
  });

  it.each([
    [13, 'has fewer than 14 characters', 'no-rule-permits'],
    [65, 'has more than 64 characters', 'no-rule-permits'],
    [33, 'is refused by policy. No password has thirty-three characters.', 'not-unlucky'],
  ])('of %i characters is refused: %s', async (length, why, rule) => {
    const error = await check(long(length));
    expect(error).toMatchObject({
      code: 'password-too-weak',
      message: `newPassword: ${why}`,
      details: { rules: [rule], policyVersion: expect.any(String) },
    });
  });

  it('is told the least length for the groups that it is asked by', async () => {
    expect(await check(long(19), ['managers'])).toMatchObject({
      message: 'newPassword: has fewer than 20 characters',
      details: { rules: ['managers-twenty'] },
    });
    expect(await check(long(20), ['managers'])).toBeUndefined();
  });

  it('is refused where policy lets this subscriber set none, with why and whom to ask', async () => {
    expect(await check(long(20), ['guests'])).toMatchObject({
      code: 'not-permitted',
      message: 'Guests have their keys on a token.',
      next: 'Ask tokens@acme.example.',
    });
  });

  it.each([
    ['a repetition', 'KauzKauzKauzKauz', 'password-too-weak'],
    ['not of ASCII', 'Käuze im Moor 42', 'password-not-ascii'],
  ])('that is %s is refused though policy lets its length be', async (_what, text, code) => {
    expect(await check(text)).toMatchObject({ code, details: { field: 'newPassword' } });
  });
});
