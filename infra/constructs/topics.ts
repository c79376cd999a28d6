import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/** Where notices to subscribers go, for whoever mails them. They hold names and addresses. */
export class NoticeTopic extends Topic {
  constructor(scope: Construct, id: string, masterKey: IKey) {
    super(scope, id, {
      displayName: 'Enrollment key escrow: notices to subscribers',
      enforceSSL: true,
      masterKey,
    });
  }
}

/** Where alarms go, for whoever runs the service. */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, masterKey: IKey, emails: readonly string[]) {
    super(scope, id, { displayName: 'Enrollment key escrow: alarms', enforceSSL: true, masterKey });
    for (const email of emails) this.addSubscription(new EmailSubscription(email));
  }
}
