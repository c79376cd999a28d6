import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { type KmsDouble, startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { runProgram } from '#test/support/program.ts';

const nobody = {
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_REGION: '',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

let double: KmsDouble;
beforeEach(async () => {
  double = await startKmsDouble();
});
afterEach(() => double.close());

/** `npm run test:aws`, of the tests whose name has these words. */
async function testAws(words: string, environment: Record<string, string>) {
  const args = ['run', '--silent', 'test:aws', '--', '--no-color', '-t', words];
  const { status, stdout, stderr } = await runProgram('npm', args, '', { ...environment, NO_COLOR: '1' });
  return { status, said: `${stdout}${stderr}` };
}

describe('npm run test:aws', () => {
  it('makes what it says, and leaves nothing that counts', async () => {
    const foreign = double.account.add(
      { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', origin: 'AWS_KMS', description: '', tags: {} },
      Buffer.alloc(32),
    );
    double.account.nameKey('alias/escrow/mac', foreign);
    const { status, said } = await testAws(
      'leave a key alone whose name is asked for again',
      kmsEnvironment(double),
    );
    expect(said).toContain(double.endpoint);
    expect(said).toMatch(/[1-9]\d* passed/);
    expect(status).toBe(0);
    expect(foreign.state).toBe('Enabled');
    expect(double.account.aliases().map(([alias]) => alias)).toEqual(['alias/escrow/mac']);
    const made = double.account.keys().filter(({ id }) => id !== foreign.id);
    expect(made.length).toBeGreaterThan(3);
    for (const { state, tags, deletion, created } of made) {
      expect(Object.keys(tags)).toContain('enrollment-key-escrow:test');
      expect(state).toBe('PendingDeletion');
      expect((deletion ?? 0) - created).toBeLessThan(8 * 86_400_000);
    }
  });

  it('removes what it made after a failure too', async () => {
    double.faults.plan('Sign', { kind: 'refuse', type: 'AccessDeniedException' });
    const words = 'leave a key alone whose name is asked for again';
    const { status } = await testAws(words, kmsEnvironment(double));
    expect(status).toBe(1);
    expect(double.account.aliases()).toEqual([]);
    expect(double.account.keys().filter(({ state }) => state !== 'PendingDeletion')).toEqual([]);
  });

  it.each([
    ['credentials', { ...nobody, AWS_REGION: 'eu-central-1' }],
    ['a region', nobody],
  ])('refuses to begin without %s, and says what to set, and nothing else', async (_, environment) => {
    const { status, said } = await testAws('mac', environment);
    expect(status).toBe(1);
    expect(said).toMatch(/^No AWS region or credentials are set \([^\n]+\)\. Set AWS_REGION, [^\n]+\n$/);
    expect(said).toContain('node_modules/.bin/node test/doubles/kms/main.ts');
    expect(double.account.keys()).toEqual([]);
  });
});
