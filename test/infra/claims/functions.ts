import { describe, expect, it } from 'vitest';
import { environmentOf, type FunctionCustody } from '#contract/function-environment.ts';
import { type FunctionSpec, functions } from '#contract/functions.ts';
import { tokenSettings } from '#runtime/tokens/token-settings.ts';
import { at, isRecord } from '../template.ts';
import { functionNames, type Parties } from './parties.ts';

/** How every function runs. @param images the functions that run from an image instead of code for Node */
export function functionClaims(parties: Parties, custody: FunctionCustody, images: readonly string[]): void {
  const lambdaOf = (name: (typeof functionNames)[number]) => {
    const arn = parties.lambda(name);
    return parties.deployed.all('AWS::Lambda::Function').find(({ id }) => arn.endsWith(id))?.Properties ?? {};
  };
  const environment = (name: (typeof functionNames)[number]) => {
    const variables = at(lambdaOf(name), 'Environment', 'Variables');
    return isRecord(variables) ? variables : {};
  };

  describe.each(functionNames)('the function %s', (name) => {
    const spec: FunctionSpec = functions[name];

    it('runs on the newest Node that there is, on arm64, traced', () => {
      const image = images.includes(name);
      expect(lambdaOf(name)).toMatchObject({
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        Timeout: spec.timeoutSeconds ?? 25,
        MemorySize: spec.memoryMegabytes ?? 512,
        ...(image
          ? { PackageType: 'Image', ImageConfig: { Command: [`${spec.entry}/index.handler`] } }
          : { Runtime: 'nodejs24.x', Handler: 'index.handler' }),
      });
    });

    it('is told what its wiring asks for, and nothing else', () => {
      expect(Object.keys(environment(name)).sort()).toEqual([...environmentOf(spec, custody)]);
      expect(JSON.stringify(environment(name))).not.toContain('undefined');
    });

    it('runs under a role of its own, which nothing else runs under', () => {
      const sharing = parties.deployed
        .all('AWS::Lambda::Function')
        .filter(({ Properties }) => Properties['Role'] === lambdaOf(name)['Role']);
      expect(sharing).toHaveLength(1);
      expect(String(lambdaOf(name)['Role'])).toMatch(
        /^arn:aws:iam::111122223333:role\/escrow-test-us-west-2-/,
      );
    });

    it('writes a log of its own, and no other', () => {
      const { LogGroup: group } = { LogGroup: '', ...asRecord(lambdaOf(name)['LoggingConfig']) };
      const logs = parties.deployed.service.ofType('AWS::Logs::LogGroup').map(({ id }) => ({
        name: parties.deployed.ref(parties.deployed.service, 'AWS::Logs::LogGroup', id),
        arn: parties.deployed.attribute(parties.deployed.service, 'AWS::Logs::LogGroup', id, 'Arn'),
      }));
      const asked = (resource: string) => ({ action: 'logs:PutLogEvents', resource });
      expect(logs.filter(({ arn }) => parties.may(name, asked(arn))).map((log) => log.name)).toEqual([group]);
    });
  });

  describe('every log', () => {
    it('is encrypted under the vault key, kept for a year, and kept when the stack is deleted', () => {
      for (const log of parties.deployed.all('AWS::Logs::LogGroup')) {
        expect(log.Properties).toMatchObject({ KmsKeyId: parties.vaultKey, RetentionInDays: 365 });
        expect(log).toMatchObject({ DeletionPolicy: 'Retain' });
      }
    });

    it('is made by the stack: no function may make one', () => {
      const asked = {
        action: 'logs:CreateLogGroup',
        resource: 'arn:aws:logs:us-west-2:111122223333:log-group:x',
      };
      expect(parties.functionsThatMay(asked)).toEqual([]);
    });
  });

  describe('the functions of routes', () => {
    const onRoutes = functionNames.filter((name) => 'routes' in functions[name].on);

    it('are told how to verify tokens in a form that they understand', () => {
      for (const name of onRoutes) {
        const settings = tokenSettings(JSON.parse(String(environment(name)['ESCROW_TOKEN_SETTINGS'])));
        expect(settings).toMatchObject({ organization: { fixed: 'ACME' } });
      }
    });

    it('are told one address of the API, without a slash at its end', () => {
      const told = new Set(onRoutes.map((name) => environment(name)['ESCROW_RESOURCE']));
      expect(told.size).toBe(1);
      expect([...told][0]).not.toMatch(/\/$/);
    });
  });

  describe('schedules', () => {
    const scheduled = functionNames.flatMap((name) => {
      const { on } = functions[name];
      return 'everyMinutes' in on ? [{ name, minutes: on.everyMinutes }] : [];
    });

    it.each(scheduled)('run $name every $minutes minutes', ({ name, minutes }) => {
      const [rule] = parties.deployed
        .all('AWS::Events::Rule')
        .filter(({ Properties }) => at(Properties['Targets'], 0, 'Arn') === parties.lambda(name));
      const expression = String(rule?.Properties['ScheduleExpression']);
      const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
      const inMinutes: Record<string, number> = { minute: 1, hour: 60, day: 1_440 };
      expect(Number(count) * (inMinutes[unit] ?? Number.NaN)).toBe(minutes);
    });
  });
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
