import { startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { startS3Double } from '#test/doubles/s3/s3-double.ts';

export type StandIns = Awaited<ReturnType<typeof startStandIns>>;

/** A stand-in for each AWS service that has an adapter, on loopback, and the variables that lead the AWS SDK to them. */
export async function startStandIns() {
  const [kms, dynamoDb, s3] = await Promise.all([startKmsDouble(), startDynamoDouble(), startS3Double()]);
  const environment: Readonly<Record<string, string>> = {
    ...kmsEnvironment(kms),
    ...dynamoDb.environment,
    ...s3.environment,
  };
  return {
    kms,
    dynamoDb,
    environment,
    close: async () => {
      for (const each of [kms, dynamoDb, s3]) await each.close();
    },
  };
}
