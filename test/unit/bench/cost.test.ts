import { describe, expect, it } from 'vitest';
import { EscrowError } from '#domain/errors.ts';
import { parseCostArguments } from '../../../bench/cost/arguments.ts';
import { billedMilliseconds, gigabyteSeconds } from '../../../bench/cost/assumptions.ts';
import { added, billOf, scaled, totalOf } from '../../../bench/cost/bill.ts';
import { Meter } from '../../../bench/cost/meter.ts';
import { monthlyPrices, prices } from '../../../bench/cost/prices.ts';
import { standingIn } from '../../../bench/cost/standing.ts';
import {
  eventBridgeUsage,
  kmsUsage,
  messageUsage,
  s3Usage,
  snsUsage,
} from '../../../bench/cost/usage-of-calls.ts';

describe('a bill', () => {
  it('multiplies each count by its price, the dearest first', () => {
    const bill = billOf({ 's3-get': 1, 'kms-pair-rsa': 2, 'sqs-request': 0 });
    expect(bill.map(({ name, count }) => [name, count])).toEqual([
      ['kms-pair-rsa', 2],
      ['s3-get', 1],
    ]);
    expect(totalOf(bill)).toBeCloseTo(2 * 0.0012 + 0.000_000_4, 12);
  });

  it('adds and scales what was used', () => {
    const both = added({ 's3-get': 1, 's3-put': 2 }, { 's3-put': 3, 'kms-symmetric': 4 });
    expect(both).toEqual({ 's3-get': 1, 's3-put': 5, 'kms-symmetric': 4 });
    expect(scaled(both, 0.5)).toEqual({ 's3-get': 0.5, 's3-put': 2.5, 'kms-symmetric': 2 });
  });

  it('has for each price what one unit is, and the page of AWS that has it', () => {
    for (const { usd, unit, page } of [...Object.values(prices), ...Object.values(monthlyPrices)]) {
      expect(usd).toBeGreaterThan(0);
      expect(unit).not.toBe('');
      expect(page).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9-]+\/pricing\//);
    }
  });
});

describe('what a call is on a bill', () => {
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));

  it.each([
    ['Encrypt', {}, { 'kms-symmetric': 1 }],
    ['GenerateMac', {}, { 'kms-symmetric': 1 }],
    ['Sign', {}, { 'kms-asymmetric': 1 }],
    ['GenerateDataKeyPair', { KeyPairSpec: 'RSA_3072' }, { 'kms-pair-rsa': 1 }],
    ['GenerateDataKeyPair', { KeyPairSpec: 'ECC_NIST_P384' }, { 'kms-pair-ecc': 1 }],
  ])('AWS KMS: %s %j', (operation, body, usage) => {
    expect(kmsUsage({ operation, request: json(body) })).toEqual(usage);
  });

  it.each([
    ['PutObject', { 's3-put': 1 }],
    ['PutObjectRetention', { 's3-put': 1 }],
    ['ListObjectVersions', { 's3-put': 1 }],
    ['GetObject', { 's3-get': 1 }],
    ['HeadObject', { 's3-get': 1 }],
    ['DeleteObject', {}],
  ])('Amazon S3: %s', (operation, usage) => {
    expect(s3Usage({ operation })).toEqual(usage);
  });

  it('counts an event for each 64 KB of it', () => {
    const entry = (size: number) => ({ Source: 's', DetailType: 't', Detail: 'x'.repeat(size) });
    const usage = eventBridgeUsage({ request: json({ Entries: [entry(10), entry(65_535)] }) });
    expect(usage['eventbridge-event']).toBe(1 + 2);
    expect(usage['archive-gb']).toBeCloseTo((12 + 65_537) / 1e9, 15);
  });

  it('counts a message as sent, received and deleted', () => {
    expect(messageUsage('x', 1)).toEqual({ 'sqs-request': 3 });
    expect(messageUsage('x'.repeat(65_537), 10)).toEqual({ 'sqs-request': 2.2 });
    expect(snsUsage({ request: Buffer.alloc(65_537) })).toEqual({ 'sns-publish': 2 });
  });
});

describe('an invocation', () => {
  it('is billed for its share of a core and for what it waits', () => {
    const whole = { memoryMegabytes: 1_769, processorMilliseconds: 100, waitingMilliseconds: 50 };
    expect(billedMilliseconds(whole)).toBe(200);
    // A quarter of the memory is a quarter of a core.
    expect(billedMilliseconds({ ...whole, memoryMegabytes: 1_769 / 4 })).toBe(650);
    expect(gigabyteSeconds(whole)).toBeCloseTo(0.2 * (1_769 / 1_024), 10);
  });

  it('that waits for another is billed for as long as that one takes', async () => {
    const meter = new Meter();
    const done = { processorMilliseconds: 10, loggedBytes: 100 };
    await meter.invocation('set-password', 512, async () => {
      meter.called('lambda', {});
      await meter.invocation('make-encryption-key-pair-with-password', 1_769, async () => {
        meter.called('kms', { 'kms-symmetric': 1 });
        return done;
      });
      return done;
    });
    const { usage, functions } = meter.take();
    expect(functions.get('make-encryption-key-pair-with-password')?.waitingMilliseconds).toBe(12);
    expect(functions.get('set-password')?.waitingMilliseconds).toBe(20 + 12 + 15);
    expect(usage).toMatchObject({ 'kms-symmetric': 1, 'lambda-request': 2 });
    expect(meter.take().usage).toEqual({});
  });
});

describe('what stands in an account', () => {
  const template = {
    Resources: {
      Key: { Type: 'AWS::KMS::Key' },
      Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
      Several: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: { Metrics: [{ Expression: 'a+b' }, { MetricStat: {} }, { MetricStat: {} }] },
      },
      Queue: { Type: 'AWS::Lambda::EventSourceMapping', Properties: {} },
      Stream: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { StartingPosition: 'LATEST' } },
      Gateway: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Gateway' } },
      Interface: {
        Type: 'AWS::EC2::VPCEndpoint',
        Properties: { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b'] },
      },
      Route: { Type: 'AWS::ApiGatewayV2::Route' },
      Table: { Type: 'AWS::DynamoDB::GlobalTable' },
    },
  };
  const counts = (...templates: unknown[]) =>
    Object.fromEntries(standingIn(templates).map(({ name, count }) => [name, count]));

  it('is counted from the templates', () => {
    expect(counts(template, { Resources: {} })).toMatchObject({
      'kms-key': 1,
      alarm: 3,
      'endpoint-zone': 2,
      'sqs-poll': 5 * 3 * 60 * 730,
      metric: 25,
    });
  });

  it('has metrics of each route where API Gateway counts them by themselves', () => {
    const settings = { DefaultRouteSettings: { DetailedMetricsEnabled: true } };
    const stage = { Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: settings } };
    expect(counts(template, { Resources: stage })['metric']).toBe(25 + 6);
  });
});

describe('the command line', () => {
  it('counts a thousand RSA-2048 keys that are made in memory, if nothing is said', () => {
    expect(parseCostArguments([])).toEqual({
      enrollments: 1_000,
      keySpec: 'RSA_2048',
      source: 'memory',
      lock: 'password',
      custody: 'kms',
      json: false,
      help: false,
    });
  });

  it.each([
    [['--enrollments', '0'], '--enrollments'],
    [['--enrollments', '1e6'], '--enrollments'],
    [['--enrollments', '-5'], '--enrollments'],
    [['--enrollments'], '--enrollments'],
    [['--key-spec', 'RSA_1024'], '--key-spec'],
    [['--key-spec', 'rsa'], '--key-spec'],
    [['--source', 'software'], '--source'],
    [['--lock', 'held'], '--lock'],
    [['--custody', 'aws'], '--custody'],
    [['--sourc', 'kms'], '--sourc'],
    [['1000'], 'belongs to no option'],
  ])('refuses %j, and names what is wrong', (args, named) => {
    const refusal = refusalOf(args);
    expect(refusal.code).toBe('usage');
    expect(`${refusal.details.field} ${refusal.message}`).toContain(named);
  });
});

function refusalOf(args: readonly string[]): EscrowError {
  try {
    parseCostArguments(args);
  } catch (error) {
    if (error instanceof EscrowError) return error;
  }
  throw new Error('it was not refused');
}
