import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KmsDouble } from '#test/doubles/kms/kms-double.ts';
import { addBucket, type S3Double, startS3Double } from '#test/doubles/s3/s3-double.ts';
import { runProgram } from '#test/support/program.ts';
import { type StandIns, startStandIns } from './stand-ins.ts';

const nobody = {
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_REGION: '',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

let standIns: StandIns;
let double: KmsDouble;
beforeEach(async () => {
  standIns = await startStandIns();
  double = standIns.kms;
});
afterEach(() => standIns.close());

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
      standIns.environment,
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
    const { status } = await testAws(words, standIns.environment);
    expect(status).toBe(1);
    expect(double.account.aliases()).toEqual([]);
    expect(double.account.keys().filter(({ state }) => state !== 'PendingDeletion')).toEqual([]);
  });

  describe('of the vault', () => {
    let s3: S3Double;
    beforeEach(async () => {
      // Once the first is to be removed, every lock has ended.
      s3 = await startS3Double(() => Date.now() + (s3.log.includes('DeleteObject') ? 600_000 : 0));
    });
    afterEach(() => s3.close());
    const words = 'gives two names of the same content two objects';

    it('makes a bucket, and removes it', async () => {
      const { status, said } = await testAws(words, { ...standIns.environment, ...s3.environment });
      expect(said).toMatch(/1 passed/);
      expect(status).toBe(0);
      expect(s3.log).toContain('CreateBucket');
      expect(s3.log.filter((operation) => operation === 'PutObject')).toHaveLength(2);
      expect([...s3.buckets.keys()]).toEqual([]);
    });

    it('takes the bucket that is named, and removes from it only what it wrote', async () => {
      const bucket = addBucket(s3, 'given', { objectLock: true });
      bucket.add({ key: 'escrow-test/another', marker: false, bytes: Buffer.alloc(1), etag: '', written: 0 });
      const environment = { ...standIns.environment, ...s3.environment, ESCROW_TEST_BUCKET: 'given' };
      expect(await testAws(words, environment)).toMatchObject({ status: 0 });
      expect(bucket.versions().map(({ key }) => key)).toEqual(['escrow-test/another']);
    });
  });

  it('makes tables, empties them for each test, and removes them, whether it passes or fails', async () => {
    const { dynamoDb, environment } = standIns;
    const { status, said } = await testAws('takes the same id in another organization', environment);
    expect(said).toMatch(/[1-9]\d* passed/);
    expect(status).toBe(0);
    dynamoDb.faults.plan('GetItem', { kind: 'refuse', type: 'AccessDeniedException' });
    expect((await testAws('lets one of many who claim at once win', environment)).status).toBe(1);
    const made = dynamoDb.log.filter(({ operation }) => operation === 'CreateTable');
    expect(dynamoDb.log.filter(({ operation }) => operation === 'DeleteTable')).toHaveLength(made.length);
    expect(made.length).toBeGreaterThanOrEqual(10);
    expect(await dynamoDb.tableNames()).toEqual(Object.values(dynamoDb.tables).sort());
  });

  it('makes a bus with its rules, queues and a topic, and removes them', async () => {
    const { eventBridge, sqs, environment } = standIns;
    const { status, said } = await testAws('SnsNotifier on AWS publishes a notice', environment);
    expect(said).toMatch(/1 passed/);
    expect(status).toBe(0);
    const operations = sqs.log.map(({ operation }) => operation);
    expect(operations.filter((each) => each === 'CreateQueue')).toHaveLength(5);
    expect(operations.filter((each) => each === 'DeleteQueue')).toHaveLength(5);
    expect(operations).toContain('DeleteTopic');
    const { buses, rules } = eventBridge.managed;
    expect([...buses, ...rules.keys()]).toEqual([]);
  });

  it('refuses to begin where it leads to a stand-in for some services and to AWS for others', async () => {
    const { AWS_ENDPOINT_URL_DYNAMODB: _, ...others } = standIns.environment;
    const { status, said } = await testAws('mac', others);
    expect(status).toBe(1);
    expect(said).toContain('Set AWS_ENDPOINT_URL_DYNAMODB too');
    expect(double.account.keys()).toEqual([]);
  });

  it.each([
    ['credentials', { ...nobody, AWS_REGION: 'eu-central-1' }],
    ['a region', nobody],
  ])('refuses to begin without %s, and says what to set, and nothing else', async (_, environment) => {
    const { status, said } = await testAws('mac', environment);
    expect(status).toBe(1);
    expect(said).toMatch(/^No AWS region or credentials are set \([^\n]+\)\. Set AWS_REGION, [^\n]+\n$/);
    expect(said).toContain('node_modules/.bin/node test/aws/stand-ins-main.ts');
    expect(double.account.keys()).toEqual([]);
  });
});
