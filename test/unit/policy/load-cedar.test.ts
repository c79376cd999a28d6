import { expect, it } from 'vitest';
import { questionOf } from '#domain/policy-document.ts';
import { compilePolicy } from '#policy/compile.ts';
import { loadCedar, withCedar } from '#policy/load-cedar.ts';
import { permit } from './policies.ts';

const trapping = `permit (principal, action, resource) when { ${'('.repeat(2000)}true${')'.repeat(2000)} };`;
const escrow = questionOf({ action: 'Escrow', purpose: 'encryption' });

it('what is no trap leaves the instance as it is', async () => {
  const failing = withCedar(() => {
    throw new TypeError('not of Cedar');
  });
  await expect(failing).rejects.toMatchObject({ code: 'internal' });
});

it('an instance that traps is replaced, up to an end; then nothing is permitted, and it is said what to do', async () => {
  const policy = await compilePolicy({ cedar: permit('yes', 'Escrow') });
  const seen = new Set<unknown>();
  for (let trap = 0; trap < 16; trap++) {
    seen.add(await loadCedar());
    expect(await policy.decide(escrow)).toMatchObject({ allowed: true });
    const trapped = withCedar((cedar) => cedar.checkParsePolicySet({ staticPolicies: trapping }));
    await expect(trapped).rejects.toMatchObject({ code: 'internal' });
  }
  expect(seen.size).toBe(16);
  const refused = await policy.decide(escrow).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'internal',
    message: 'The policy engine failed too often.',
    next: 'Start this process anew.',
  });
});
