import type { KmsStatement } from '#contract/kms-permissions.ts';
import type { KmsDouble, LoggedRequest } from '#test/doubles/kms/kms-double.ts';

/**
 * The statements that allow an action on a resource: the part of policy evaluation that `kmsStatements` needs, written from
 * its rules (IAM User Guide, "Condition operators") and not from the adapter.
 */
export function allowing(
  statements: readonly KmsStatement[],
  { account }: KmsDouble,
  prefix: string,
  action: string,
  resource: string,
  conditions: LoggedRequest['conditions'],
): KmsStatement[] {
  const isAbout = ({ ownKey, resources = [] }: KmsStatement) =>
    ownKey === undefined
      ? resources.some((pattern) => matches(pattern, resource.replace(account.arnPrefix, '')))
      : account.find(`alias/${prefix}/${ownKey}`).arn === resource;
  return statements.filter(
    (statement) =>
      statement.actions.includes(action) && isAbout(statement) && holds(statement.conditions, conditions),
  );
}

/** The actions that a request needs, each with every resource that it is about. */
export function neededFor({
  operation,
  resources,
  conditions,
}: LoggedRequest): [action: string, on: string][] {
  const about = resources.length === 0 ? ['*'] : resources;
  const tags = Object.keys(conditions).some((key) => key.startsWith('aws:RequestTag/'));
  const actions = operation === 'CreateKey' && tags ? [operation, 'TagResource'] : [operation];
  return actions.flatMap((each) => about.map((on): [string, string] => [`kms:${each}`, on]));
}

function matches(pattern: string, resource: string): boolean {
  return pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern;
}

function holds(
  conditions: KmsStatement['conditions'] = {},
  found: Readonly<Record<string, string | readonly string[]>>,
): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => holdsOne(operator, found[key], values)),
  );
}

function holdsOne(
  operator: string,
  value: string | readonly string[] | undefined,
  values: readonly string[],
): boolean {
  switch (operator) {
    case 'StringEquals':
      return typeof value === 'string' && values.includes(value);
    case 'Null':
      return values.includes(String(value === undefined));
    case 'ForAllValues:StringLike':
      return [value ?? []].flat().every((each) => values.some((pattern) => matches(pattern, each)));
    case 'ForAllValues:StringEquals':
      return [value ?? []].flat().every((each) => values.includes(each));
    default:
      throw new TypeError(`no operator ${operator} is known here`);
  }
}
