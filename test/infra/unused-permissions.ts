import type { FunctionName } from '#contract/functions.ts';
import type { AwsCall } from '#test/doubles/aws-account/aws-call.ts';
import type { Accepted } from './accepted-permissions.ts';
import { functionNames, Parties } from './claims/parties.ts';
import { type JudgedCall, judgedCalls } from './judged-calls.ts';
import { isAbout, isOn, type Statement } from './policy.ts';
import type { Configuration } from './synthesis.ts';

/**
 * Holds what the deployed roles allow against what functions did with stand-ins for AWS. What AWS does in a function's name,
 * such as to take messages for it, is passed over.
 * @param calls as they were recorded
 * @returns each action on a resource that a function may do, as `FUNCTION: ACTION on RESOURCE`, and whether it did
 */
export function permissionsOf(calls: readonly AwsCall[], made: Configuration): ReadonlyMap<string, boolean> {
  const judged = Map.groupBy(judgedCalls(calls, new Parties(() => made)), (call) => call.function);
  const permissions = new Map<string, boolean>();
  for (const name of functionNames) {
    for (const part of partsOfRole(name, made)) {
      const told = `${name}: ${toldOf(part)}`;
      const used = judged.get(name)?.some((call) => uses(call, part)) ?? false;
      permissions.set(told, used || permissions.get(told) === true);
    }
  }
  return permissions;
}

/** What is wrong with permissions and the list of those that need not be used, as sentences. */
export function wrongPermissions(
  permissions: ReadonlyMap<string, boolean>,
  accepted: readonly Accepted[],
): string[] {
  const listed = new Map<string, boolean>(
    accepted.flatMap(({ functions, permissions: each, mayHappen = false }) =>
      functions.flatMap((name) => each.map((one) => [`${name}: ${one}`, mayHappen])),
    ),
  );
  const unused = [...permissions].filter(([told, used]) => !used && !listed.has(told));
  const stale = [...listed].filter(([told]) => !permissions.has(told));
  const used = [...listed].filter(([told, mayHappen]) => !mayHappen && permissions.get(told) === true);
  return [
    ...unused.map(([told]) => `${told} is allowed, and never done`),
    ...stale.map(([told]) => `${told} is accepted, and not allowed`),
    ...used.map(([told]) => `${told} is accepted as never done, and done`),
  ];
}

/** All that a role allows, by one action and one resource at a time. */
function partsOfRole(name: FunctionName, { principals }: Configuration): Statement[] {
  const { statements } = principals.function(name);
  return [...statements, ...principals.keyStatementsFor(name)]
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((one) => one.Action.map((action) => ({ ...one, Action: [action] })))
    .flatMap((one) => one.Resource.map((resource) => ({ ...one, Resource: [resource] })))
    .filter((part) => !isOfAws(part));
}

function uses({ action, resource, context }: JudgedCall, part: Statement): boolean {
  return isAbout(part, action, context) && isOn(part, resource);
}

const byAws: ReadonlySet<string> = new Set([
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]);

function isOfAws({ Action: [action = ''], Condition }: Statement): boolean {
  return byAws.has(action) || Condition['StringEquals']?.['kms:ViaService'] !== undefined;
}

/** As in `dynamodb:PutItem on Activity claims#*`, without what a deployment adds to the names. */
function toldOf({ Action, Resource, Condition }: Statement): string {
  const resource = String(Resource)
    .replace(/^arn:(?:enrollment-key-escrow-test-(?:vault|service)|aws:kms:[^:]+:\d+):/, '')
    .replace(/[0-9A-F]{8}(?=$|\/)/, '');
  const partitions = Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
  return [Action, 'on', resource, ...partitions].join(' ');
}
