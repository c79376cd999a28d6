import { AwsError } from '../aws-json/aws-error.ts';
import { Faults } from '../aws-json/faults.ts';
import type { Input } from '../aws-json/input.ts';
import { serveAwsJson } from '../aws-json/server.ts';

export type StoredSecret = { text: string } | { binary: Buffer } | 'deleted';

export interface SecretsManagerDouble {
  endpoint: string;
  faults: Faults;
  /** By name, as the reference has it. */
  secrets: Map<string, StoredSecret>;
  /** The variables that lead the AWS SDK here. */
  environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A stand-in for AWS Secrets Manager on loopback that gives secrets and does nothing else. */
export async function startSecretsManagerDouble(): Promise<SecretsManagerDouble> {
  const secrets = new Map<string, StoredSecret>();
  const faults = new Faults();
  const operate = async (operation: string, input: Input): Promise<object> => {
    if (operation !== 'GetSecretValue') throw new AwsError('UnknownOperationException');
    const name = input.text('SecretId');
    const secret = secrets.get(name);
    if (secret === undefined) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    if (secret === 'deleted') {
      throw new AwsError('InvalidRequestException', 'the secret is marked for deletion');
    }
    const value =
      'text' in secret ? { SecretString: secret.text } : { SecretBinary: secret.binary.toString('base64') };
    return { Name: name, VersionId: 'v1', ...value };
  };
  const server = await serveAwsJson({
    target: 'secretsmanager',
    signingName: 'secretsmanager',
    faults,
    operate,
  });
  const environment = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  return { ...server, faults, secrets, environment };
}
