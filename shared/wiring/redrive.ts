import { DynamoOrganizationQueues } from '#adapters/dynamodb/dead-letters.ts';
import { openSqs } from '#adapters/sqs/client.ts';
import { SqsEventSender } from '#adapters/sqs/event-sender.ts';
import { environmentNames } from '#contract/environment.ts';
import type { OrganizationQueues } from '#ports/organization-queues.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';
import { noRegistry } from './organization-queues.ts';

/** What an organization may do about its dead letters: put them back into their queues too. @throws SetUpError `not-set-up` */
export function openRedrive({ environment, dynamoDb, clock }: Opening): OrganizationQueues {
  const table = given(environment, environmentNames.activityTable);
  const sender = new SqsEventSender(openSqs(), given(environment, environmentNames.queueUrls));
  return new DynamoOrganizationQueues({ calls: dynamoDb, table, clock, registry: noRegistry, sender });
}
