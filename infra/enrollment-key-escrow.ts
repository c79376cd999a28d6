import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acceptFindings } from './accepted-findings.ts';
import { eventSourceName, requestEvent } from './constructs/event-bus.ts';
import { setFeatureFlags } from './feature-flags.ts';
import { packagedCode } from './packaged-code.ts';
import type { EnrollmentKeyEscrowProps } from './props.ts';
import { ServiceStack } from './service-stack.ts';
import { settingsOf } from './settings.ts';
import { VaultStack } from './vault-stack.ts';

/**
 * An organization's enrollment key escrow, as two stacks of the app that it is made in: one that keeps keys, records and
 * backups, and is retained and protected against deletion; one with the API, the functions and what sets them to work.
 */
export class EnrollmentKeyEscrow extends Construct {
  /** Of the API: what the command line and access tokens name the service by. Without a slash at its end. */
  readonly url: string;
  readonly api: IHttpApi;
  /** Where requests are put, and where what happens is told. */
  readonly bus: IEventBus;
  /** Notices to subscribers, with their addresses, for whatever mails them. */
  readonly notices: ITopic;
  /** Where alarms go. */
  readonly alarms: ITopic;
  /** The accounts of people and workflows; absent where the organization has an issuer of its own. */
  readonly userPool?: IUserPool;
  /** What the enrollment workflow signs in as; absent where the organization has an issuer of its own. */
  readonly workflowClientId?: string;

  /** @param scope an app, a stage of one, or a stack; the two stacks are made beside it, not inside */
  constructor(scope: Construct, id: string, props: EnrollmentKeyEscrowProps) {
    super(scope, id);
    setFeatureFlags(this.node);
    const settings = settingsOf(props);
    const { env, stage, custody, ledger, retiredReceiptKeys } = settings;
    const vault = new VaultStack(this, 'Vault', { env, stage, custody, ledger, retiredReceiptKeys });
    const code = props.code ?? packagedCode(custody.kind);
    const service = new ServiceStack(this, 'Service', { settings, vault, code });
    acceptFindings(this, vault);
    this.url = service.api.url;
    this.api = service.api.api;
    this.bus = service.bus;
    this.notices = service.notices;
    this.alarms = service.alarms;
    this.userPool = service.signIn?.pool;
    this.workflowClientId = service.signIn?.workflow.userPoolClientId;
  }

  /**
   * Lets a workflow on AWS request enrollments by putting `EnrollmentRequested` on the bus, and nothing else. Whoever may do
   * so acts in the organization's name.
   */
  grantEnroll(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['events:PutEvents'],
      resourceArns: [this.bus.eventBusArn],
      conditions: {
        StringEquals: { 'events:detail-type': requestEvent, 'events:source': eventSourceName },
      },
    });
  }

  /** Lets whatever mails notices subscribe to them. */
  grantFollowNotices(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['sns:Subscribe'],
      resourceArns: [this.notices.topicArn],
    });
  }
}
