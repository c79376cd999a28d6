import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames as names } from '#contract/environment.ts';
import { environmentOf } from '#contract/function-environment.ts';
import { type FunctionName, type FunctionSpec, functions, usualTimeoutSeconds } from '#contract/functions.ts';
import {
  type ApiGatewayDouble,
  isFunctionName,
  startApiGateway,
} from '#test/doubles/aws-account/api-gateway.ts';
import {
  type AwsAccount,
  canarySecret,
  consumers,
  deadQueueOf,
  kmsAliasPrefix,
  startAwsAccount,
} from '#test/doubles/aws-account/aws-account.ts';
import { describeLambda } from '#test/doubles/aws-account/aws-call.ts';
import { startCallRecorder } from '#test/doubles/aws-account/call-recorder.ts';
import { startLambdaDouble } from '#test/doubles/aws-account/lambda-double.ts';
import { unwired, type WorkWiring } from '#test/doubles/aws-account/work-wiring.ts';
import type { Outcome } from '#test/doubles/runtime-api/runtime-api.ts';
import { bundleFunctions } from '../../infra/bundles/bundle-functions.ts';
import { type LambdaFunction, startFunction } from './lambda-function.ts';

/** How the service takes access tokens. */
export interface TokenIssuing {
  issuer: string;
  audience: string;
}

/**
 * The service as it is deployed: its functions as bundles under the client of the Runtime API, each started when it is first set
 * to work, by an API, queues, the stream and one another; all of AWS that they use stands in on loopback.
 */
export class DeployedService {
  readonly account: AwsAccount;
  readonly bundles: Readonly<Record<string, string>>;
  /** Those that were started. */
  readonly running = new Map<FunctionName, Promise<LambdaFunction>>();
  readonly #tokens: TokenIssuing;
  readonly #folder: string;
  readonly #closing: { close(): Promise<unknown> }[] = [];
  #api: ApiGatewayDouble | undefined;
  #lambdaEndpoint = '';

  private constructor(account: AwsAccount, tokens: TokenIssuing, folder: string) {
    this.account = account;
    this.#tokens = tokens;
    this.#folder = folder;
    this.bundles = bundleFunctions({ outFolder: join(folder, 'functions'), custody: 'kms' });
  }

  /** @param wiring what sets its functions to work beside the API and one another; nothing if absent */
  static async start(tokens: TokenIssuing, wiring: WorkWiring = unwired): Promise<DeployedService> {
    const folder = mkdtempSync(join(tmpdir(), 'escrow-deployed-'));
    const service = new DeployedService(await startAwsAccount(wiring), tokens, folder);
    await service.#open();
    return service;
  }

  async #open(): Promise<void> {
    const invoke = (name: string, event: unknown) =>
      isFunctionName(name) ? this.invoke(name, event) : undefined;
    const lambda = await startLambdaDouble(invoke);
    const settings = { behind: lambda.endpoint, describe: describeLambda };
    const recorder = await startCallRecorder(settings, this.account.calls);
    this.#lambdaEndpoint = recorder.endpoint;
    this.#api = await startApiGateway((name, event) => this.invoke(name, event));
    this.#closing.push(this.#api, recorder, lambda, this.account);
  }

  /** Where its API is. */
  get url(): string {
    return this.#api?.url ?? '';
  }

  /** Has a function work on an event; starts it if it is not running. */
  async invoke(name: FunctionName, event: unknown): Promise<Outcome> {
    let running = this.running.get(name);
    if (running === undefined) {
      running = this.#start(name);
      this.running.set(name, running);
    }
    return await (await running).invoke(event);
  }

  /** Ends a function; it is started again when it is next set to work. */
  async stop(name: FunctionName): Promise<void> {
    const running = this.running.get(name);
    this.running.delete(name);
    await (await running)?.stop();
  }

  /** What all functions wrote, one after the other. */
  async output(): Promise<string> {
    const all = await Promise.all(this.running.values());
    return all.map((each) => each.output()).join('');
  }

  async close(): Promise<void> {
    for (const running of this.running.values()) await (await running).stop();
    for (const each of this.#closing) await each.close();
    rmSync(this.#folder, { recursive: true });
  }

  #start(name: FunctionName): Promise<LambdaFunction> {
    const spec: FunctionSpec = functions[name];
    const { memoryMegabytes = 512, timeoutSeconds = usualTimeoutSeconds } = spec;
    const bundleFolder = this.bundles[spec.entry] ?? '';
    const environment = this.environmentOf(name);
    return startFunction({ name, bundleFolder, environment, memoryMegabytes, timeoutSeconds });
  }

  /** What a function is told, and where AWS is. */
  environmentOf(name: FunctionName): Record<string, string> {
    const values = this.#values(name);
    const told = environmentOf(functions[name], 'kms').map((each) => [each, values[each] ?? '']);
    const lambda = { AWS_ENDPOINT_URL_LAMBDA: this.#lambdaEndpoint };
    return { ...this.account.environment, ...lambda, ...Object.fromEntries(told) };
  }

  #values(name: FunctionName): Readonly<Record<string, string>> {
    const { dynamo, bus, sns, queueUrls } = this.account;
    const isKeeper = 'unhandled' in functions[name].on;
    const queues = consumers.map((each) => [each, queueUrls[isKeeper ? deadQueueOf(each) : each]]);
    return {
      [names.functionName]: name,
      [names.stage]: 'test',
      [names.aggregatesTable]: dynamo.tables.aggregates,
      [names.documentsTable]: dynamo.tables.documents,
      [names.lockedKeysTable]: dynamo.tables['locked-keys'],
      [names.ledgerTable]: dynamo.tables.ledger,
      [names.activityTable]: dynamo.tables.activity,
      [names.backupBucket]: this.account.bucket.name,
      [names.segmentBucket]: this.account.segments.name,
      [names.segmentBucketOwner]: '111122223333',
      [names.segmentRetentionDays]: '1095',
      [names.eventBus]: bus.busName,
      [names.noticeTopic]: sns.topicArn,
      [names.queueUrls]: JSON.stringify(Object.fromEntries(queues)),
      [names.keyPairMakers]: JSON.stringify({
        identity: 'make-identity-key-pair-with-password',
        encryption: 'make-encryption-key-pair-with-password',
      }),
      [names.escrowMaker]: 'make-encryption-key-pair-with-password',
      [names.custody]: 'kms',
      [names.kmsAliasPrefix]: kmsAliasPrefix,
      [names.kmsKeySource]: 'memory',
      [names.retiredReceiptKeys]: '{"keys":[]}',
      [names.tokenSettings]: JSON.stringify(this.#tokens),
      [names.resource]: 'https://escrow.example',
      [names.canarySecret]: canarySecret,
    };
  }
}
