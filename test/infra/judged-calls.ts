import { type FunctionName, functions } from '#contract/functions.ts';
import { subscriptions } from '#contract/subscriptions.ts';
import { tableNames } from '#contract/tables.ts';
import type { AwsCall } from '#test/doubles/aws-account/aws-call.ts';
import { Parties } from './claims/parties.ts';
import { account, region } from './deployed.ts';
import type { Asked } from './principals.ts';
import type { Configuration } from './synthesis.ts';

/** What a function asked of AWS, as its role is asked about it. */
export interface JudgedCall extends Required<Asked> {
  function: FunctionName;
}

/**
 * Holds what functions did with stand-ins for AWS against what the deployed roles may do.
 * @param calls as they were recorded; those that no function made are passed over
 * @returns each call that would have been refused, once, as `FUNCTION: ACTION on RESOURCE`
 */
export function refusedCalls(calls: readonly AwsCall[], made: Configuration): string[] {
  const parties = new Parties(() => made);
  const refused = judgedCalls(calls, parties).filter(
    ({ function: name, ...asked }) => !parties.may(name, asked),
  );
  return refused.map(
    ({ function: name, action, resource, context }) =>
      `${name}: ${action} on ${resource} with ${JSON.stringify(context)}`,
  );
}

/** Each call that a function made, once for each resource that it was about, by the ARN that would be deployed. */
export function judgedCalls(calls: readonly AwsCall[], parties: Parties): JudgedCall[] {
  const judged = new Map<string, JudgedCall>();
  for (const { function: name, action, resources, conditions: context } of calls) {
    if (!isFunctionName(name)) continue;
    // What has no resource is asked of everything.
    const about =
      resources.length === 0 ? ['*'] : resources.map((one) => arnOf(parties, action, one, context));
    for (const resource of about) {
      const one = { function: name, action, resource, context };
      judged.set(JSON.stringify(one), one);
    }
  }
  return [...judged.values()];
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

/** The ARN, as it would be deployed, of what a stand-in knows by another name. */
function arnOf(parties: Parties, action: string, named: string, conditions: AwsCall['conditions']): string {
  const { deployed } = parties;
  const [service = ''] = action.split(':');
  const byService: Readonly<Record<string, () => string>> = {
    dynamodb: () => tableArn(parties, named),
    s3: () =>
      named.replace(/^[^/]+/, named.startsWith('escrow-segments') ? parties.segments : parties.bucket),
    kms: () => keyArn(parties, named, conditions),
    sns: () => deployed.ref(deployed.service, 'AWS::SNS::Topic', 'Notices'),
    sqs: () => queueArn(parties, named.slice(named.lastIndexOf('/') + 1)),
    events: () => parties.bus,
    secretsmanager: () => deployed.ref(deployed.vault, 'AWS::SecretsManager::Secret', 'CanarySecret'),
    lambda: () => (isFunctionName(named) ? parties.lambda(named) : named),
  };
  return byService[service]?.() ?? named;
}

function tableArn(parties: Parties, named: string): string {
  const [whole = '', ...index] = named.split('/');
  const name = tableNames.find((one) => whole.endsWith(`-${one}`));
  if (name === undefined) throw new Error(`there is no table ${named}`);
  return [parties.table(name), ...index].join('/');
}

/** An own key is known by its alias, a resident key by nothing that was there before. */
function keyArn(parties: Parties, named: string, conditions: AwsCall['conditions']): string {
  const aliases = [conditions['kms:ResourceAliases'] ?? []].flat();
  const own = (['Custody', 'Mac', 'Receipts'] as const).find((name) =>
    aliases.includes(`alias/enrollment-key-escrow/test/${name.toLowerCase()}`),
  );
  if (own !== undefined) return parties.key(own);
  return named.replace(/^arn:aws:kms:[^:]+:\d+:/, `arn:aws:kms:${region}:${account}:`);
}

function queueArn(parties: Parties, named: string): string {
  const isDead = named.endsWith('-dead');
  const consumer = isDead ? named.slice(0, -'-dead'.length) : named;
  if (!Object.hasOwn(subscriptions, consumer)) throw new Error(`there is no queue ${named}`);
  return parties.queue(consumer, isDead ? 'DeadLetters' : 'Queue');
}
