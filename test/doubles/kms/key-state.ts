import { AwsError } from '../aws-json/aws-error.ts';
import type { KmsKey } from './key-record.ts';

/** The key itself, for cryptography. @throws AwsError DisabledException, KMSInvalidStateException */
export function usableMaterial(key: KmsKey): Buffer {
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
  if (key.state !== 'Enabled' || key.material === undefined) throw invalidState(key);
  return Buffer.from(key.material, 'base64');
}

/** @throws AwsError KMSInvalidStateException if the key is in one of these states */
export function refuseStates(key: KmsKey, ...states: KmsKey['state'][]): void {
  if (states.includes(key.state)) throw invalidState(key);
}

/** @throws AwsError InvalidKeyUsageException */
export function requireUsage(key: KmsKey, usage: string, operation: string): void {
  if (key.usage === usage) return;
  throw new AwsError(
    'InvalidKeyUsageException',
    `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`,
  );
}

function invalidState({ arn, state }: KmsKey): AwsError {
  const words = { Enabled: 'enabled', Disabled: 'disabled' };
  const pending = { PendingImport: 'pending import', PendingDeletion: 'pending deletion' };
  return new AwsError('KMSInvalidStateException', `${arn} is ${{ ...words, ...pending }[state]}.`);
}
