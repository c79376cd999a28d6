import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { CfnPolicy, PolicyDocument, type PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  DockerImageCode,
  DockerImageFunction,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type FunctionName, usualTimeoutSeconds } from '#contract/functions.ts';
import { specOf } from '../function-names.ts';
import { networkStatements, watchStatements } from '../permissions/message-permissions.ts';
import { roleName } from './function-roles.ts';

/** Where functions run whose keys are in a token: in an image with the token's library, in a network that reaches the token. */
export interface TokenRuntime {
  /** Absolute folder with a Dockerfile, from which each entry's code comes to stand in a folder of its own. */
  imageFolder: string;
  vpc: IVpc;
  securityGroup: ISecurityGroup;
}

export interface ServiceFunctionProps {
  name: FunctionName;
  stage: string;
  /** Absolute folder with `index.mjs`; or where the function works with a token. */
  runsFrom: string | TokenRuntime;
  environment: Record<string, string>;
  /** What it may do with what stands in this stack. */
  statements: readonly PolicyStatement[];
  /** How its log is kept. */
  logs: LogGroupProps;
}

const usualMemory = 512;

/** How long a function may run. */
export function timeoutOf(name: FunctionName): Duration {
  return Duration.seconds(specOf(name).timeoutSeconds ?? usualTimeoutSeconds);
}

/** One function of the service, under the role that stands beside the keys, with a log of its own. */
export class ServiceFunction extends Construct {
  readonly name: FunctionName;
  readonly lambda: LambdaFunction;
  readonly log: LogGroup;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { name, stage, runsFrom, environment, statements } = props;
    this.name = name;
    this.log = new LogGroup(this, 'Log', props.logs);
    const role = roleName(this, stage, name);
    const policy = this.policy(role, [
      ...(typeof runsFrom === 'string' ? [] : this.network()),
      ...statements,
    ]);
    const settings = {
      description: `Enrollment key escrow: ${name}`,
      architecture: Architecture.ARM_64,
      memorySize: specOf(name).memoryMegabytes ?? usualMemory,
      timeout: timeoutOf(name),
      tracing: Tracing.ACTIVE,
      environment,
      logGroup: this.log,
      // What it may do is said in full beside the keys and below; nothing is added on the way.
      role: Role.fromRoleName(this, 'Role', role, { mutable: false }),
    };
    this.lambda =
      typeof runsFrom === 'string'
        ? new LambdaFunction(this, 'Function', {
            ...settings,
            runtime: Runtime.NODEJS_24_X,
            handler: 'index.handler',
            code: Code.fromAsset(runsFrom),
          })
        : new DockerImageFunction(this, 'Function', { ...settings, ...inImage(name, runsFrom) });
    this.lambda.node.addDependency(policy);
  }

  private policy(role: string, statements: readonly PolicyStatement[]): CfnPolicy {
    const all = [...watchStatements(this.log), ...statements];
    return new CfnPolicy(this, 'Policy', {
      policyName: 'Messages',
      policyDocument: new PolicyDocument({ statements: all, minimize: true }),
      roles: [role],
    });
  }

  private network(): PolicyStatement[] {
    const anyFunction = { service: 'lambda', resource: 'function', resourceName: '*' };
    return networkStatements(
      Stack.of(this).formatArn({ ...anyFunction, arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
    );
  }
}

function inImage(name: FunctionName, { imageFolder, vpc, securityGroup }: TokenRuntime) {
  const cmd = [`${specOf(name).entry}/index.handler`];
  return {
    code: DockerImageCode.fromImageAsset(imageFolder, { cmd, platform: Platform.LINUX_ARM64 }),
    vpc,
    securityGroups: [securityGroup],
  };
}
