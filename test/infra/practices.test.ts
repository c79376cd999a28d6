import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { checkPractices } from '../../infra/checks.ts';
import { readDeployment } from '../../infra/deployment.ts';
import { inApp, makeVault } from './synthesis.ts';

describe('synthesis', () => {
  it('fails on a stack that does not hold the AWS Solutions practices', () => {
    const synthesize = () =>
      inApp((app) => {
        checkPractices(app);
        new Bucket(new Stack(app, 'Careless'), 'Open');
        app.synth();
      });
    expect(synthesize).toThrow('AwsSolutions-S1');
  });

  it('has nothing to say about the vault', () => {
    const findings = inApp((app) => {
      checkPractices(app);
      makeVault(app);
      return readFileSync(join(app.synth().directory, 'validation-report.json'), 'utf8');
    });
    expect(JSON.parse(findings)).toMatchObject({ pluginReports: [] });
  });

  it('protects the vault stack itself against deletion', () => {
    expect(inApp((app) => makeVault(app).terminationProtection)).toBe(true);
  });
});

describe('the deployment', () => {
  const good = { stage: 'production', account: '111122223333', region: 'us-gov-west-1' };
  const read = (context: Record<string, unknown>) =>
    inApp(({ node }) => {
      for (const [name, value] of Object.entries(context)) node.setContext(name, value);
      return readDeployment(node);
    });

  it('is read from the context', () => {
    expect(read(good)).toEqual(good);
  });

  it.each([
    ['stage', 'Production!'],
    ['account', '12345'],
    ['account', 111122223333],
    ['region', 'moon-1'],
  ])('is refused for %s = %s, by name', (name, value) => {
    expect(() => read({ ...good, [name]: value })).toThrow(`context value ${name}`);
  });
});
