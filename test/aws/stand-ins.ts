import { startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { startEventBridgeDouble } from '#test/doubles/eventbridge/eventbridge-double.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { startS3Double } from '#test/doubles/s3/s3-double.ts';
import { startSqsDouble } from '#test/doubles/sqs/sqs-double.ts';

export type StandIns = Awaited<ReturnType<typeof startStandIns>>;

/** A stand-in for each AWS service that has an adapter, on loopback, and the variables that lead the AWS SDK to them. */
export async function startStandIns() {
  const [kms, dynamoDb, s3] = await Promise.all([startKmsDouble(), startDynamoDouble(), startS3Double()]);
  // It stands for Amazon SNS too.
  const sqs = await startSqsDouble([]);
  const sendTo = (arn: string, detail: string) =>
    sqs.queues.sendMessage(arn.split(':').at(-1) ?? '', detail, { region: 'eu-central-1' });
  const eventBridge = await startEventBridgeDouble({ sendTo });
  const environment: Readonly<Record<string, string>> = {
    ...kmsEnvironment(kms),
    ...dynamoDb.environment,
    ...s3.environment,
    ...eventBridge.environment,
    ...sqs.environment,
    AWS_ENDPOINT_URL_SNS: sqs.endpoint,
  };
  return {
    kms,
    dynamoDb,
    eventBridge,
    sqs,
    environment,
    close: async () => {
      for (const each of [kms, dynamoDb, s3, eventBridge, sqs]) await each.close();
    },
  };
}
