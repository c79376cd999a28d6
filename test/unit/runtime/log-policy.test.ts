import { expect, it } from 'vitest';
import { createLogger } from '#runtime/log.ts';
import { tellPolicyFailed } from '#runtime/log-policy.ts';
import { ManualClock } from '#test/doubles/clock.ts';

it('is a warning with the organization, the version and the rules of the policy that failed', () => {
  const lines: string[] = [];
  const log = createLogger({ stream: { write: (text) => lines.push(text) }, clock: new ManualClock() });
  tellPolicyFailed(log, { organization: 'acme', version: '3', rules: ['sum'] });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      time: expect.any(String),
      ...{ level: 'warn', message: 'policy-failed' },
      ...{ organization: 'acme', policyVersion: '3', rules: ['sum'] },
    },
  ]);
});
