import { KMS } from '@aws-sdk/client-kms';
import { clientSettings, neverInClear } from '../aws/client.ts';

/** A client of AWS KMS. Region, endpoint and credentials are what the environment tells the SDK. */
export function kmsClient(): KMS {
  return neverInClear(new KMS(clientSettings));
}
