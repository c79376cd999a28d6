import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Loopback, onLoopback } from '../loopback.ts';

/** How a function failed, as it told. */
export interface FunctionFailure {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

/** What a function made of an event. */
export type Outcome = { ok: true; payload: unknown } | { ok: false; failure: FunctionFailure };

interface Invocation {
  id: string;
  event: unknown;
  deadline: number;
  settle(outcome: Outcome): void;
}

/** What the Runtime API tells with each event, beyond it. */
export interface RuntimeApiOptions {
  functionArn: string;
}

const version = '/2018-06-01/runtime';
const invocationPath = new RegExp(`^${version}/invocation/([0-9a-f-]{36})/(response|error)$`);

/**
 * Stands in for AWS Lambda's Runtime API on loopback, for one function, which asks it for events and answers them ("Using
 * the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide).
 */
export class RuntimeApi {
  /** As the variable AWS_LAMBDA_RUNTIME_API has it. */
  readonly address: string;
  /** When the function first asked for an event, in milliseconds of `performance.now()`; rejects if it could not be started. */
  readonly ready: Promise<number>;
  readonly #loopback: Loopback;
  readonly #options: RuntimeApiOptions;
  readonly #waiting: Invocation[] = [];
  readonly #running = new Map<string, Invocation>();
  readonly #ready = Promise.withResolvers<number>();
  #asking: ServerResponse | undefined;

  private constructor(server: Server, loopback: Loopback, options: RuntimeApiOptions) {
    this.#loopback = loopback;
    this.#options = options;
    this.address = new URL(loopback.endpoint).host;
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    server.on('request', (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(options: RuntimeApiOptions): Promise<RuntimeApi> {
    const server = createServer();
    return new RuntimeApi(server, await onLoopback(server), options);
  }

  /**
   * Hands an event to the function, once it asks for one.
   * @param milliseconds until its time is up; it is told so, and not ended
   */
  invoke(event: unknown, milliseconds: number): Promise<Outcome> {
    return new Promise((settle) => {
      this.#waiting.push({ id: randomUUID(), event, deadline: Date.now() + milliseconds, settle });
      this.#hand();
    });
  }

  /** The function is gone: whatever it had under way, and whatever waits, has failed as Lambda says it. */
  gone(errorMessage: string): void {
    const failure = { errorType: 'Runtime.ExitError', errorMessage, trace: [] };
    this.#ready.reject(new Error(errorMessage));
    for (const { settle } of [...this.#running.values(), ...this.#waiting]) settle({ ok: false, failure });
    this.#running.clear();
    this.#waiting.length = 0;
  }

  async close(): Promise<void> {
    await this.#loopback.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    if (method === 'GET' && url === `${version}/invocation/next`) {
      this.#ready.resolve(performance.now());
      this.#asking = response;
      this.#hand();
      return;
    }
    const body: unknown = await json(request);
    if (method === 'POST' && url === `${version}/init/error`) {
      const { errorType, errorMessage } = failureOf(body);
      this.#ready.reject(new Error(`${errorType}: ${errorMessage}`));
    } else if (!this.#settled(method, url, body)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  }

  #settled(method: string | undefined, url: string, body: unknown): boolean {
    const [, id = '', what] = invocationPath.exec(url) ?? [];
    const invocation = this.#running.get(id);
    if (method !== 'POST' || invocation === undefined) return false;
    this.#running.delete(id);
    if (what === 'response') invocation.settle({ ok: true, payload: body });
    else invocation.settle({ ok: false, failure: failureOf(body) });
    return true;
  }

  /** Brings together an event that waits and a function that asks. */
  #hand(): void {
    const response = this.#asking;
    const invocation = response === undefined ? undefined : this.#waiting.shift();
    if (response === undefined || invocation === undefined) return;
    this.#asking = undefined;
    this.#running.set(invocation.id, invocation);
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': invocation.deadline,
      'lambda-runtime-invoked-function-arn': this.#options.functionArn,
      'lambda-runtime-trace-id': traceId(),
    });
    response.end(JSON.stringify(invocation.event));
  }
}

/** A trace that is not sampled, in the form of AWS X-Ray's tracing header. */
function traceId(): string {
  const started = Math.floor(Date.now() / 1_000).toString(16);
  return `Root=1-${started}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}

function failureOf(body: unknown): FunctionFailure {
  const told = typeof body === 'object' && body !== null ? body : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    errorType: text('errorType' in told && told.errorType),
    errorMessage: text('errorMessage' in told && told.errorMessage),
    trace: 'trace' in told && Array.isArray(told.trace) ? told.trace.map(String) : [],
  };
}
