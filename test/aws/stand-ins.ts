import { startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { startKmsDouble } from '#test/doubles/kms/kms-double.ts';

export type StandIns = Awaited<ReturnType<typeof startStandIns>>;

/** A stand-in for each AWS service that has an adapter, on loopback, and the variables that lead the AWS SDK to them. */
export async function startStandIns() {
  const [kms, dynamoDb] = await Promise.all([startKmsDouble(), startDynamoDouble()]);
  const all = [kms, dynamoDb];
  return {
    kms,
    dynamoDb,
    environment: { ...kmsEnvironment(kms), ...dynamoDb.environment },
    close: async () => {
      for (const each of all) await each.close();
    },
  };
}
