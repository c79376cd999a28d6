import { describe, expect, it } from 'vitest';
import { placeOf } from '#adapters/dynamodb/ledger-chain.ts';
import { functions } from '#contract/functions.ts';
import { retries, type Subscription, subscriptions } from '#contract/subscriptions.ts';
import { domainEventNames } from '#domain/events.ts';
import { at, isRecord } from '../template.ts';
import { functionNames, functionsWith, type Parties } from './parties.ts';

const consumers = functionNames.flatMap((name) => {
  const { on } = functions[name];
  return 'consumer' in on ? [{ name, consumer: on.consumer, timeout: functions[name].timeoutSeconds }] : [];
});

/** Events, queues and calls: who may send what where, and that nothing is lost. */
export function messageClaims(parties: Parties): void {
  const filled = (type: string, idPrefix: string) =>
    parties.deployed.only(parties.deployed.service, type, idPrefix);

  describe('an event', () => {
    const put = (type: string, source = 'enrollment-key-escrow') => ({
      action: 'events:PutEvents',
      resource: parties.bus,
      context: { 'events:detail-type': type, 'events:source': source },
    });

    it('is put on the bus by the functions that publish, and by no other', () => {
      expect(parties.functionsThatMay(put('BackupEscrowed'))).toEqual(functionsWith('bus:publish'));
    });

    it('that asks for an enrollment is all that a workflow of the organization may put', () => {
      const workflow = parties.role('workflow');
      expect(parties.may(workflow, put('EnrollmentRequested'))).toBe(true);
      expect(parties.may(workflow, put('BackupEscrowed'))).toBe(false);
      expect(parties.may(workflow, put('EnrollmentRequested', 'somebody-else'))).toBe(false);
    });

    it('is kept for replay where it tells what happened, and never where it holds a person', () => {
      const pattern = filled('AWS::Events::Archive', 'Bus').Properties['EventPattern'];
      expect(at(pattern, 'detail-type')).toEqual(domainEventNames);
      expect(domainEventNames).not.toContain('EnrollmentRequested');
    });
  });

  describe.each(consumers)('the queue of $consumer', ({ name, consumer, timeout = 25 }) => {
    const queue = (kind: 'Queue' | 'DeadLetters') => {
      const arn = parties.queue(consumer, kind);
      return parties.deployed.all('AWS::SQS::Queue').find(({ id }) => arn.endsWith(id))?.Properties ?? {};
    };
    const rule = () => filled('AWS::Events::Rule', `Queue${consumer.replaceAll('-', '')}Rule`).Properties;

    it('is worked on by its function, and by no other', () => {
      const asked = { action: 'sqs:ReceiveMessage', resource: parties.queue(consumer) };
      expect(parties.functionsThatMay(asked)).toEqual([name]);
    });

    it('is sent to by the bus, and by what puts dead letters back, and by no other function', () => {
      const asked = { action: 'sqs:SendMessage', resource: parties.queue(consumer) };
      expect(parties.functionsThatMay(asked)).toEqual(functionsWith('dead-letters:redrive'));
    });

    it('gets the events that it subscribes to, of its purpose, and no others', () => {
      const { types, purpose }: Subscription = subscriptions[consumer];
      expect(rule()['EventPattern']).toEqual({
        source: ['enrollment-key-escrow'],
        'detail-type': [...types],
        ...(purpose !== undefined && { detail: { data: { purpose: [purpose] } } }),
      });
      expect(rule()['Targets']).toMatchObject([
        { Arn: parties.queue(consumer), InputPath: '$.detail', DeadLetterConfig: { Arn: expect.anything() } },
      ]);
    });

    it('hides a message for six times as long as its function may run', () => {
      expect(queue('Queue')['VisibilityTimeout']).toBe(6 * timeout);
    });

    it('gives up a message only after more receives than the function makes tries', () => {
      const { maxReceiveCount } = { maxReceiveCount: 0, ...asRecord(queue('Queue')['RedrivePolicy']) };
      expect(maxReceiveCount).toBeGreaterThan(retries[consumer].pauses.length + 1);
      expect(at(queue('Queue')['RedrivePolicy'], 'deadLetterTargetArn')).toBe(
        parties.queue(consumer, 'DeadLetters'),
      );
    });

    it('hands over batches of which a part may fail, a few at a time', () => {
      const [mapping] = parties.deployed
        .all('AWS::Lambda::EventSourceMapping')
        .filter(({ Properties }) => Properties['EventSourceArn'] === parties.queue(consumer));
      expect(mapping?.Properties).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 10 },
      });
    });

    it.each(['Queue', 'DeadLetters'] as const)('keeps its messages encrypted, for two weeks (%s)', (kind) => {
      expect(queue(kind)).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
    });

    it('has its dead letters put away by one function, and read by no other', () => {
      const asked = { action: 'sqs:ReceiveMessage', resource: parties.queue(consumer, 'DeadLetters') };
      expect(parties.functionsThatMay(asked)).toEqual(['keep-dead-letters']);
    });
  });

  describe('every queue', () => {
    it('is reached over TLS only', () => {
      for (const { id } of parties.deployed.service.ofType('AWS::SQS::Queue')) {
        const resource = parties.deployed.attribute(parties.deployed.service, 'AWS::SQS::Queue', id, 'Arn');
        const asked = { action: 'sqs:SendMessage', resource };
        expect(parties.mayAnybody(asked)).toBe(true);
        expect(parties.mayAnybody({ ...asked, context: { 'aws:SecureTransport': 'false' } })).toBe(false);
      }
    });
  });

  describe('the stream', () => {
    it('is followed from its beginning, in batches that are halved where they fail, and put aside in the end', () => {
      const [mapping] = parties.deployed
        .all('AWS::Lambda::EventSourceMapping')
        .filter(({ Properties }) => Properties['EventSourceArn'] === parties.stream('aggregates'));
      expect(mapping?.Properties).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: expect.stringContaining('PutAside') } },
      });
    });

    it('is tried for most of the day that it is kept, however often that is: what the bus never took must be published again by hand', () => {
      const [mapping] = parties.deployed
        .all('AWS::Lambda::EventSourceMapping')
        .filter(({ Properties }) => Properties['EventSourceArn'] === parties.stream('aggregates'));
      expect(mapping?.Properties['MaximumRetryAttempts']).toBeUndefined();
      expect(mapping?.Properties).toMatchObject({ MaximumRecordAgeInSeconds: 20 * 3_600 });
    });
  });

  describe('the stream of the ledger', () => {
    const mapping = () => {
      const [found] = parties.deployed
        .all('AWS::Lambda::EventSourceMapping')
        .filter(({ Properties }) => Properties['EventSourceArn'] === parties.stream('ledger'));
      return found?.Properties;
    };

    it('is followed as the other is, and put aside where an alarm tells of it alone', () => {
      expect(mapping()).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRecordAgeInSeconds: 20 * 3_600,
        DestinationConfig: { OnFailure: { Destination: expect.stringContaining('LedgerPutAside') } },
      });
    });

    it('is gathered for a minute, so that there is about one segment a minute, and none while nothing is recorded', () => {
      expect(mapping()).toMatchObject({ MaximumBatchingWindowInSeconds: 60, BatchSize: 1_000 });
    });

    it('sets nothing to work by what sealing writes: entries alone, as they are put', () => {
      const pattern = at(mapping(), 'FilterCriteria', 'Filters', 0, 'Pattern');
      expect(JSON.parse(String(pattern))).toEqual({
        eventName: ['INSERT'],
        dynamodb: { Keys: { record: { S: [{ prefix: '2' }] } } },
      });
      expect(placeOf({ time: new Date().toISOString(), writer: 'w', sequence: 1 })).toMatch(/^2/);
    });
  });

  describe('a notice', () => {
    it('is sent to the topic by the function that notifies, and by no other', () => {
      const resource = parties.deployed.ref(parties.deployed.service, 'AWS::SNS::Topic', 'Notices');
      expect(parties.functionsThatMay({ action: 'sns:Publish', resource })).toEqual(['notify-subscriber']);
    });
  });

  describe('a function that makes key pairs under a password', () => {
    const called = functionNames.filter((name) => 'called' in functions[name].on);

    it.each(called)(
      '%s is called by what sets passwords, or opens a key whose escrow is due, and by no other',
      (name) => {
        const asked = { action: 'lambda:InvokeFunction', resource: parties.lambda(name) };
        // Whatever works on identity keys alone has no way to what stores backups, nor that to them.
        const opening =
          name === 'make-encryption-key-pair-with-password' ? ['change-password', 'export-copy'] : [];
        expect(parties.functionsThatMay(asked)).toEqual(['set-password', ...opening]);
      },
    );

    it('is all that any function may call', () => {
      const others = functionNames.filter((name) => !called.includes(name));
      const asked = (name: (typeof others)[number]) => ({
        action: 'lambda:InvokeFunction',
        resource: parties.lambda(name),
      });
      expect(others.filter((name) => parties.functionsThatMay(asked(name)).length > 0)).toEqual([]);
    });
  });
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
