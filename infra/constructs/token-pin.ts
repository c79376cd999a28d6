import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/**
 * Where the PIN of the token is put, as the field `pin` of a JSON object. It is made without a value: a made-up one would be
 * tried on the token by every function that starts, and some tokens lock for good after a few wrong ones.
 */
export class TokenPin extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, encryptionKey: IKey) {
    super(scope, id);
    const empty = new CfnSecret(this, 'Secret', {
      description: 'Enrollment key escrow: the PIN of the token, as {"pin":"..."}',
      kmsKeyId: encryptionKey.keyArn,
    });
    empty.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.secret = Secret.fromSecretCompleteArn(this, 'Pin', empty.ref);
  }
}
