import { CfnOutput } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface TokenNetworkProps {
  cidr: string;
  /** Of the token, within the network. */
  ports: { readonly from: number; readonly to: number };
  /** How its log is kept. */
  logs: LogGroupProps;
}

/**
 * The network in which the token stands, or which reaches it, and in which the functions run that use it. What they do with
 * AWS stays off the internet, by endpoints. They reach the internet for two things alone: the issuer's keys, and organizations'
 * webhooks.
 */
export class TokenNetwork extends Construct {
  readonly vpc: Vpc;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, { cidr, ports, logs }: TokenNetworkProps) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: 2,
      natGateways: 1,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'Functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
    });
    const log = new LogGroup(this, 'FlowLog', logs);
    this.vpc.addFlowLog('Flows', { destination: FlowLogDestination.toCloudWatchLogs(log) });
    this.securityGroup = new SecurityGroup(this, 'Functions', {
      vpc: this.vpc,
      description: 'Enrollment key escrow: functions that use the token',
      allowAllOutbound: false,
    });
    this.securityGroup.addEgressRule(Peer.anyIpv4(), Port.HTTPS, 'AWS, the issuer and webhooks');
    const token = Port.tcpRange(ports.from, ports.to);
    this.securityGroup.addEgressRule(Peer.ipv4(cidr), token, 'The token');
    this.endpoints();
    new CfnOutput(this, 'VpcId', { value: this.vpc.vpcId, description: 'Where the token belongs' });
    new CfnOutput(this, 'SecurityGroupId', {
      value: this.securityGroup.securityGroupId,
      description: 'Of the functions: the token must let them in',
    });
  }

  /** For what the functions do with AWS. None is for KMS: of its keys they use that of the stores alone, through the stores. */
  private endpoints(): void {
    this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    const services = {
      EventBridge: InterfaceVpcEndpointAwsService.EVENTBRIDGE,
      Lambda: InterfaceVpcEndpointAwsService.LAMBDA,
      SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      Sqs: InterfaceVpcEndpointAwsService.SQS,
    };
    const group = new SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      description: 'Enrollment key escrow: endpoints of AWS services',
      allowAllOutbound: false,
    });
    group.addIngressRule(this.securityGroup, Port.HTTPS, 'The functions');
    for (const [id, service] of Object.entries(services)) {
      this.vpc.addInterfaceEndpoint(id, { service, securityGroups: [group], open: false });
    }
  }
}
