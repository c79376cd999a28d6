import { createHash } from 'node:crypto';
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { FunctionName } from '#contract/functions.ts';
import { functionNames } from '../function-names.ts';

export interface FunctionRolesProps {
  stage: string;
  /** What each function may do with what stands in this stack. */
  statementsOf: (name: FunctionName) => PolicyStatement[];
}

/**
 * One role for each function, beside the keys, tables and backups that it may use. They cannot stand with the functions: the
 * policies of the keys name the roles, so the two stacks would each need the other first.
 *
 * Their names are known before they are made, so that the stack of the functions names them without an export: an export
 * that is used cannot be removed, and so no release could do without a function that the one before had.
 */
export class FunctionRoles extends Construct {
  readonly #roles: ReadonlyMap<FunctionName, Role>;

  constructor(scope: Construct, id: string, { stage, statementsOf }: FunctionRolesProps) {
    super(scope, id);
    this.#roles = new Map(
      functionNames.map((name) => [name, this.role(name, stage, statementsOf(name))] as const),
    );
  }

  /** The role of a function. */
  of(name: FunctionName): Role {
    const role = this.#roles.get(name);
    if (role === undefined) throw new RangeError(`there is no function ${name}`);
    return role;
  }

  private role(name: FunctionName, stage: string, statements: PolicyStatement[]): Role {
    const document = new PolicyDocument({ statements, minimize: true });
    return new Role(this, name, {
      roleName: roleName(this, stage, name),
      description: `Enrollment key escrow, ${stage}: what the function ${name} may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: statements.length === 0 ? {} : { Records: document },
    });
  }
}

/** IAM takes 64 characters, and knows no regions. */
const longestName = 64;

/** The name of a function's role: unique in the account, where stages and regions may share it. */
export function roleName(scope: Construct, stage: string, name: FunctionName): string {
  const whole = `escrow-${stage}-${Stack.of(scope).region}-${name}`;
  if (whole.length <= longestName) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${whole.slice(0, longestName - hash.length - 1)}-${hash}`;
}

/** The ARN of a function's role, for policies that its own permissions depend on. */
export function roleArn(scope: Construct, stage: string, name: FunctionName): string {
  const resourceName = roleName(scope, stage, name);
  const service = { service: 'iam', region: '', resource: 'role', resourceName };
  return Stack.of(scope).formatArn({ ...service, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
}
