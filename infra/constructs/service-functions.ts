import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type EnvironmentName, environmentNames as names } from '#contract/environment.ts';
import { environmentOf } from '#contract/function-environment.ts';
import type { FunctionName } from '#contract/functions.ts';
import type { Consumer } from '#contract/subscriptions.ts';
import { type FollowedTable, functionNames, functionsWhere, specOf } from '../function-names.ts';
import { isKeyUse } from '../permissions/key-permissions.ts';
import {
  type Messages,
  messageStatements,
  pauseStatements,
  queueStatements,
  sendStatements,
} from '../permissions/message-permissions.ts';
import type { EscrowSettings } from '../settings.ts';
import type { VaultStack } from '../vault-stack.ts';
import type { ConsumerQueue } from './consumer-queue.ts';
import { ServiceFunction, type TokenRuntime } from './service-function.ts';

export interface ServiceFunctionsProps {
  settings: EscrowSettings;
  vault: VaultStack;
  /** Absolute folders with code, by entry. */
  code: Readonly<Record<string, string>>;
  token?: TokenRuntime;
  /** Of the API. */
  url: string;
  tokenSettings: string;
  messages: Omit<Messages, 'keyPairMakerArns' | 'escrowMakerArns'>;
  queues: ReadonlyMap<Consumer, ConsumerQueue>;
  logs: LogGroupProps;
  /** Takes changes of a table that were not worked on in time, by table. */
  putAside: Readonly<Record<FollowedTable, IQueue>>;
}

/** The functions of the service, each with what it is told and what it may do. */
export class ServiceFunctions extends Construct {
  readonly #props: ServiceFunctionsProps;
  readonly #functions = new Map<FunctionName, ServiceFunction>();

  constructor(scope: Construct, id: string, props: ServiceFunctionsProps) {
    super(scope, id);
    this.#props = props;
    // Those that others call come first, since the others' permissions name them.
    const called = functionsWhere(({ on }) => 'called' in on);
    for (const name of [...called, ...functionNames.filter((name) => !called.includes(name))]) {
      this.#functions.set(name, this.make(name));
    }
  }

  /** The function of a name. */
  of(name: FunctionName): ServiceFunction {
    const made = this.#functions.get(name);
    if (made === undefined) throw new RangeError(`there is no function ${name}`);
    return made;
  }

  all(): ServiceFunction[] {
    return [...this.#functions.values()];
  }

  private make(name: FunctionName): ServiceFunction {
    const { settings, code, token, logs } = this.#props;
    const { entry, uses } = specOf(name);
    const folder = code[entry];
    if (folder === undefined) throw new RangeError(`there is no code for ${entry}`);
    return new ServiceFunction(this, name, {
      name,
      stage: settings.stage,
      runsFrom: token !== undefined && uses.some(isKeyUse) ? token : folder,
      environment: this.environment(name),
      statements: this.statements(name),
      logs,
    });
  }

  private statements(name: FunctionName): PolicyStatement[] {
    const { uses, on } = specOf(name);
    const { messages, queues, putAside } = this.#props;
    const keyPairMakerArns = this.keyPairMakers().map(({ lambda }) => lambda.functionArn);
    const escrowMakerArns = this.escrowMakers().map(({ lambda }) => lambda.functionArn);
    return [
      ...messageStatements(uses, { ...messages, keyPairMakerArns, escrowMakerArns }),
      ...('consumer' in on ? consumerStatements(queueOf(queues, on.consumer).queue) : []),
      ...('unhandled' in on
        ? queueStatements([...queues.values()].map(({ deadLetters }) => deadLetters))
        : []),
      ...('stream' in on ? sendStatements(putAside[on.stream]) : []),
    ];
  }

  /** What a function is told: those names, and no others, that its wiring asks for. */
  private environment(name: FunctionName): Record<string, string> {
    const values = this.values(name);
    const asked = environmentOf(specOf(name), this.#props.settings.custody.kind);
    return Object.fromEntries(asked.map((one) => [one, values[one]()]));
  }

  private values(name: FunctionName): Readonly<Record<EnvironmentName, () => string>> {
    const { settings, vault, url, tokenSettings, messages } = this.#props;
    const { tables, backups, segments, aliasPrefix, canarySecret } = vault;
    return {
      [names.functionName]: () => name,
      [names.stage]: () => settings.stage,
      [names.aggregatesTable]: () => tables.aggregates.tableName,
      [names.documentsTable]: () => tables.documents.tableName,
      [names.lockedKeysTable]: () => tables['locked-keys'].tableName,
      [names.ledgerTable]: () => tables.ledger.tableName,
      [names.activityTable]: () => tables.activity.tableName,
      [names.backupBucket]: () => backups.bucketName,
      [names.segmentBucket]: () => segments.bucketName,
      [names.segmentBucketOwner]: () => settings.ledger.bucket?.account ?? settings.env.account,
      [names.segmentRetentionDays]: () => `${settings.ledger.retentionDays}`,
      [names.eventBus]: () => messages.bus.eventBusName,
      [names.noticeTopic]: () => messages.notices.topicArn,
      [names.queueUrls]: () => this.queueUrls(name),
      [names.keyPairMakers]: () => this.keyPairMakerNames(),
      [names.escrowMaker]: () => this.of(escrowMaker).lambda.functionName,
      [names.custody]: () => settings.custody.kind,
      [names.kmsAliasPrefix]: () => aliasPrefix,
      [names.kmsKeySource]: () => settings.custody.keySource,
      [names.tokenModule]: () => settings.custody.module,
      [names.tokenLabel]: () => settings.custody.label,
      [names.tokenPin]: () => `secretsmanager:${vault.tokenPin?.secretArn}#pin`,
      [names.retiredReceiptKeys]: () => JSON.stringify({ keys: settings.retiredReceiptKeys }),
      [names.tokenSettings]: () => tokenSettings,
      [names.resource]: () => url,
      [names.canarySecret]: () => canarySecret.secretArn,
    };
  }

  /** A consumer's own queue; all of them for what sends dead letters back; what falls out of them, for what takes that. */
  private queueUrls(name: FunctionName): string {
    const { on } = specOf(name);
    const { queues } = this.#props;
    const asked = [...queues].filter(([consumer]) => !('consumer' in on) || on.consumer === consumer);
    const urls = asked.map(([consumer, { queue, deadLetters }]) => [
      consumer,
      'unhandled' in on ? deadLetters.queueUrl : queue.queueUrl,
    ]);
    return Stack.of(this).toJsonString(Object.fromEntries(urls));
  }

  private keyPairMakerNames(): string {
    const named = this.keyPairMakers().map(({ name, lambda }) => [specOf(name).purpose, lambda.functionName]);
    return Stack.of(this).toJsonString(Object.fromEntries(named));
  }

  /** As `keyPairMakers`: the one of them that may store backups. */
  private escrowMakers(): ServiceFunction[] {
    return this.keyPairMakers().filter(({ name }) => name === escrowMaker);
  }

  /** Those that are made already: before the first that calls them, all. */
  private keyPairMakers(): ServiceFunction[] {
    return this.all().filter(({ name }) => 'called' in specOf(name).on);
  }
}

/** What makes escrows that became due. */
const escrowMaker: FunctionName = 'make-encryption-key-pair-with-password';

function consumerStatements(queue: IQueue): PolicyStatement[] {
  return [...queueStatements([queue]), ...pauseStatements(queue)];
}

function queueOf(queues: ReadonlyMap<Consumer, ConsumerQueue>, consumer: Consumer): ConsumerQueue {
  const queue = queues.get(consumer);
  if (queue === undefined) throw new RangeError(`there is no queue for ${consumer}`);
  return queue;
}
