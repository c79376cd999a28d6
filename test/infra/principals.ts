import type { FunctionName } from '#contract/functions.ts';
import { account, type Deployed } from './deployed.ts';
import { isAbout, isOn, type RequestContext, type Statement, statementsOf } from './policy.ts';
import { at, isRecord, listOf, type Resource } from './template.ts';

/** Somebody who asks: a role, with what its own policies say. */
export interface Asking {
  arn: string;
  statements: readonly Statement[];
}

/** A request: what is asked, of what, with what. */
export interface Asked {
  action: string;
  resource: string;
  context?: RequestContext;
}

const root = `arn:aws:iam::${account}:root`;

/** Somebody to whom every action is allowed by IAM, as to an administrator. */
export const administrator: Asking = {
  arn: `arn:aws:iam::${account}:role/administrator`,
  statements: statementsOf({ Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }),
};

/** Decides as IAM would, by the policies of whoever asks and of what is asked for. */
export class Principals {
  /** By the ARN of what they are of. */
  readonly #policies: ReadonlyMap<string, readonly Statement[]>;
  readonly #keys: ReadonlySet<string>;
  readonly #roles: ReadonlyMap<string, Asking>;

  constructor(deployed: Deployed) {
    this.#keys = new Set(deployed.vault.ofType('AWS::KMS::Key').map(({ id }) => arnOf(deployed, id)));
    this.#policies = resourcePolicies(deployed);
    this.#roles = rolesOf(deployed);
  }

  /** What runs as a function, by its name in the table of functions. */
  function(name: FunctionName): Asking {
    return this.role(name);
  }

  /** Whoever runs under a role, by its name, or by that of its function. */
  role(name: string): Asking {
    const found = this.#roles.get(name);
    if (found === undefined) throw new Error(`there is no role ${name}`);
    return found;
  }

  /** What the policies of keys allow the role of a function, each with the key that it is about. */
  keyStatementsFor(name: FunctionName): Statement[] {
    const { arn } = this.function(name);
    return [...this.#keys].flatMap((key) =>
      (this.#policies.get(key) ?? [])
        .filter(({ Principal }) => isRecord(Principal) && listOf(Principal['AWS']).includes(arn))
        .map((one) => ({ ...one, Resource: [key] })),
    );
  }

  /** Whether a request is allowed. */
  may(asking: Asking, { action, resource, context = {} }: Asked): boolean {
    const full = {
      'aws:PrincipalArn': asking.arn,
      'aws:SecureTransport': 'true',
      's3:TlsVersion': '1.3',
      ...context,
    };
    const about = (candidate: Statement) => isAbout(candidate, action, full);
    const own = asking.statements.filter((one) => about(one) && isOn(one, resource));
    const onResource = this.#onResource(resource).filter(about);
    const naming = onResource.filter((one) => isFor(one, asking.arn));
    if ([...own, ...naming].some(({ Effect }) => Effect === 'Deny')) return false;
    const byOwn = own.some(({ Effect }) => Effect === 'Allow');
    const byResource = naming.some(({ Effect }) => Effect === 'Allow');
    // A key is not opened by IAM alone: its policy must hand it to the account.
    const handed = onResource.some((one) => one.Effect === 'Allow' && isFor(one, root));
    return this.#keys.has(resource) ? byResource || (handed && byOwn) : byOwn || byResource;
  }

  /** The statements of the policy of a resource, or of the bucket that an object is in. */
  #onResource(resource: string): readonly Statement[] {
    const policies = this.#policies.get(resource) ?? this.#policies.get(resource.split('/')[0] ?? '') ?? [];
    return policies.filter((one) => this.#keys.has(resource) || isOn(one, resource));
  }
}

function arnOf(deployed: Deployed, id: string): string {
  return deployed.attribute(deployed.vault, 'AWS::KMS::Key', id, 'Arn');
}

function rolesOf(deployed: Deployed): Map<string, Asking> {
  const attached = deployed.all('AWS::IAM::Policy');
  return new Map(
    deployed.all('AWS::IAM::Role').flatMap((role) => {
      const name = String(role.Properties['RoleName'] ?? role.id);
      const inline = listOf(role.Properties['Policies']).map((policy) => at(policy, 'PolicyDocument'));
      const others = attached
        .filter(({ Properties }) =>
          listOf(Properties['Roles']).some((one) => one === name || String(one).endsWith(`-${role.id}`)),
        )
        .map(({ Properties }) => Properties['PolicyDocument']);
      const statements = [...inline, ...others].flatMap((document) => statementsOf(document));
      const asking = { arn: `arn:aws:iam::${account}:role/${name}`, statements };
      const [, ofFunction = name] =
        / the function (\S+) may do$/.exec(String(role.Properties['Description'])) ?? [];
      return [
        [name, asking],
        [ofFunction, asking],
      ];
    }),
  );
}

function resourcePolicies(deployed: Deployed): Map<string, readonly Statement[]> {
  const { vault, service } = deployed;
  const policies = new Map<string, readonly Statement[]>();
  for (const { id, Properties } of deployed.all('AWS::KMS::Key')) {
    policies.set(arnOf(deployed, id), statementsOf(Properties['KeyPolicy']));
  }
  for (const { Properties } of deployed.all('AWS::S3::BucketPolicy')) {
    const bucket = vault.ofType('AWS::S3::Bucket').find(({ id }) => `${Properties['Bucket']}`.endsWith(id));
    if (bucket !== undefined) {
      const arn = deployed.attribute(vault, 'AWS::S3::Bucket', bucket.id, 'Arn');
      policies.set(arn, statementsOf(Properties['PolicyDocument']));
    }
  }
  for (const table of deployed.all('AWS::DynamoDB::GlobalTable')) {
    for (const [arn, statements] of tablePolicies(deployed, table)) policies.set(arn, statements);
  }
  for (const { Properties } of deployed.all('AWS::SQS::QueuePolicy')) {
    for (const queue of service.ofType('AWS::SQS::Queue')) {
      if (!listOf(Properties['Queues']).some((url) => String(url).endsWith(queue.id))) continue;
      const arn = deployed.attribute(service, 'AWS::SQS::Queue', queue.id, 'Arn');
      policies.set(arn, [...(policies.get(arn) ?? []), ...statementsOf(Properties['PolicyDocument'])]);
    }
  }
  return policies;
}

/** Of a table, and of its stream. Each says `*` for itself. */
function tablePolicies(deployed: Deployed, { id, Properties }: Resource): [string, readonly Statement[]][] {
  const replica = at(Properties, 'Replicas', 0);
  const ofTable = at(replica, 'ResourcePolicy', 'PolicyDocument');
  const ofStream = at(replica, 'ReplicaStreamSpecification', 'ResourcePolicy', 'PolicyDocument');
  const attribute = (name: string) =>
    deployed.attribute(deployed.vault, 'AWS::DynamoDB::GlobalTable', id, name);
  return [
    [attribute('Arn'), ofTable === undefined ? [] : statementsOf(ofTable)],
    [attribute('StreamArn'), ofStream === undefined ? [] : statementsOf(ofStream)],
  ];
}

function isFor({ Principal }: Statement, arn: string): boolean {
  if (Principal === '*') return true;
  const named = isRecord(Principal) ? listOf(Principal['AWS']) : [];
  return named.includes('*') || named.includes(arn);
}
