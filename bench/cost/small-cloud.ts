import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { type FunctionName, functions, type Trigger } from '#contract/functions.ts';
import type { RouteName } from '#contract/routes.ts';
import { retries } from '#contract/subscriptions.ts';
import type { Role } from '#domain/principal.ts';
import { startLambdaDouble } from '#test/doubles/aws-account/lambda-double.ts';
import { audience, openIssuer } from '../http/issuer.ts';
import { assumptions } from './assumptions.ts';
import { type Answered, FunctionProcess } from './function-process.ts';
import { Meter } from './meter.ts';
import { type Due, type StandIns, startStandIns } from './stand-ins.ts';

const resource = 'https://escrow.example.org';

/** A request of the API. */
export interface ApiCall {
  route: RouteName;
  method: string;
  path: string;
  token: string;
  body?: unknown;
}

const makers = {
  identity: 'make-identity-key-pair-with-password',
  encryption: 'make-encryption-key-pair-with-password',
} as const satisfies Record<string, FunctionName>;

/** Of queues that nobody asks anything while all goes well. */
const queueUrls = Object.fromEntries(
  Object.keys(retries).map((each) => [each, `https://sqs.eu-central-1.amazonaws.com/1/${each}`]),
);

const resultSchema = v.object({ statusCode: v.number(), body: v.string(), isBase64Encoded: v.boolean() });

/**
 * The functions of the service, each in a process of its own, over stand-ins for all of AWS that they call; and what hands them
 * requests, records of the stream and messages, one at a time. All that would be billed is counted.
 */
export class SmallCloud {
  readonly meter: Meter;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #due: Due[];
  readonly #entries: StandIns['entries'];
  /** How many bytes are stored, by now. */
  readonly stored: StandIns['stored'];
  readonly #processes = new Map<FunctionName, Promise<FunctionProcess>>();
  readonly #closers: AsyncDisposableStack;
  readonly #tokens: Awaited<ReturnType<typeof openIssuer>>['tokens'];
  #sequence = 0;

  private constructor(parts: {
    meter: Meter;
    environment: Readonly<Record<string, string>>;
    due: Due[];
    entries: StandIns['entries'];
    stored: StandIns['stored'];
    closers: AsyncDisposableStack;
    tokens: Awaited<ReturnType<typeof openIssuer>>['tokens'];
  }) {
    this.meter = parts.meter;
    this.#environment = parts.environment;
    this.#due = parts.due;
    this.#entries = parts.entries;
    this.stored = parts.stored;
    this.#closers = parts.closers;
    this.#tokens = parts.tokens;
  }

  /** @param keySource where exportable keys are made */
  static async open(organization: string, keySource: 'memory' | 'kms'): Promise<SmallCloud> {
    await using opening = new AsyncDisposableStack();
    const meter = new Meter();
    const standIns = await startStandIns(meter);
    opening.defer(() => standIns.close());
    const issuer = await openIssuer(organization);
    opening.defer(() => issuer.close());
    let cloud: SmallCloud | undefined;
    const lambda = await startLambdaDouble(async (name, event) => {
      meter.called('lambda', {});
      try {
        return { ok: true, payload: await cloud?.invoke(nameIn(name), event) };
      } catch (error) {
        return { ok: false, failure: { errorType: 'Error', errorMessage: String(error), trace: [] } };
      }
    });
    opening.defer(() => lambda.close());
    const environment = {
      ...standIns.environment,
      AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      ESCROW_STAGE: 'cost',
      ESCROW_KMS_KEY_SOURCE: keySource,
      ESCROW_RETIRED_RECEIPT_KEYS: '{"keys":[]}',
      ESCROW_KEY_PAIR_MAKERS: JSON.stringify(makers),
      ESCROW_QUEUE_URLS: JSON.stringify(queueUrls),
      ESCROW_RESOURCE: resource,
      ESCROW_TOKEN_SETTINGS: JSON.stringify({ issuer: issuer.issuer, audience }),
    };
    const { due, entries, stored } = standIns;
    const parts = { meter, environment, due, entries, stored, tokens: issuer.tokens };
    cloud = new SmallCloud({ ...parts, closers: opening.move() });
    return cloud;
  }

  /** Access tokens of different callers in one role, whose subjects are the role and a number from 0. */
  tokens(count: number, role: Role): Promise<string[]> {
    return this.#tokens(count, role);
  }

  /** Processor time until a function could be invoked, of those that were, in milliseconds. */
  async starts(): Promise<Map<FunctionName, number>> {
    const processes = await Promise.all(this.#processes.values());
    return new Map(
      [...this.#processes.keys()].map((name, index) => [name, processes[index]?.startMilliseconds ?? 0]),
    );
  }

  /**
   * A request by API Gateway, and all that it sets to work, until nothing is left to do.
   * @returns the parsed body of the answer, or its text
   * @throws Error if it is refused
   */
  async call({ route, method, path, token, body }: ApiCall): Promise<unknown> {
    const event = {
      version: '2.0',
      rawPath: path,
      rawQueryString: '',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        'idempotency-key': randomUUID(),
      },
      requestContext: { requestId: randomUUID(), http: { method, sourceIp: '192.0.2.1' } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      isBase64Encoded: false,
    };
    this.meter.add({ 'http-request': 1, 'log-gb': assumptions.accessLogBytes / 1e9 });
    const name = functionOn((on) => 'routes' in on && on.routes.includes(route));
    const result = v.parse(resultSchema, await this.invoke(name, event));
    if (result.statusCode >= 300)
      throw new Error(`${route} was answered ${result.statusCode}: ${result.body}`);
    await this.settle();
    return parsedOrText(result.body);
  }

  /** Hands out what is due, until there is nothing more. */
  async settle(): Promise<void> {
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      if ('stream' in next) await this.#handRecord(next.stream.item);
      else await this.#handMessage(next.consumer, next.body);
    }
  }

  /** Hands the entries of the ledger since the last time to what seals it, as one batch, and does what follows from it. */
  async seal(): Promise<void> {
    const records = this.#entries.splice(0).map((Keys) => {
      this.#sequence += 1;
      const SequenceNumber = String(this.#sequence).padStart(21, '0');
      return { eventName: 'INSERT', dynamodb: { SequenceNumber, Keys, StreamViewType: 'KEYS_ONLY' } };
    });
    if (records.length === 0) return;
    checkDone(await this.invoke('seal-ledger', { Records: records }), 'seal-ledger');
    await this.settle();
  }

  /** Invokes a function, which is started if it was not yet. */
  async invoke(name: FunctionName, event: unknown): Promise<unknown> {
    const started =
      this.#processes.get(name) ??
      FunctionProcess.start(name, { ...this.#environment, ESCROW_FUNCTION: name });
    this.#processes.set(name, started);
    const process = await started;
    const { memoryMegabytes = 512 } = process.spec;
    const answered = await this.meter.invocation(name, memoryMegabytes, async () => {
      const done: Answered = await process.invoke(event);
      return { ...done, loggedBytes: process.takeLogged() };
    });
    return answered.payload;
  }

  async close(): Promise<void> {
    for (const process of await Promise.allSettled(this.#processes.values())) {
      if (process.status === 'fulfilled') await process.value.stop();
    }
    await this.#closers.disposeAsync();
  }

  async #handRecord(image: object): Promise<void> {
    this.#sequence += 1;
    const SequenceNumber = String(this.#sequence).padStart(21, '0');
    const record = {
      eventName: 'MODIFY',
      dynamodb: { SequenceNumber, NewImage: image, StreamViewType: 'NEW_IMAGE' },
    };
    checkDone(await this.invoke('carry-events', { Records: [record] }), 'carry-events');
  }

  async #handMessage(consumer: string, body: string): Promise<void> {
    const name = functionOn((on) => 'consumer' in on && on.consumer === consumer);
    const attributes = { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) };
    const message = { messageId: randomUUID(), receiptHandle: randomUUID(), body, attributes };
    checkDone(await this.invoke(name, { Records: [message] }), name);
  }
}

const batchSchema = v.object({ batchItemFailures: v.array(v.unknown()) });

function checkDone(payload: unknown, name: string): void {
  if (v.parse(batchSchema, payload).batchItemFailures.length > 0)
    throw new Error(`${name} did not finish its batch`);
}

function functionOn(isIt: (on: Trigger) => boolean): FunctionName {
  const name = functionNames.find((each) => isIt(functions[each].on));
  if (name === undefined) throw new Error('there is no such function');
  return name;
}

function nameIn(text: string): FunctionName {
  const name = functionNames.find((each) => each === text);
  if (name === undefined) throw new Error(`there is no function ${text}`);
  return name;
}

const functionNames = Object.keys(functions).filter((name): name is FunctionName =>
  Object.hasOwn(functions, name),
);

function parsedOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
