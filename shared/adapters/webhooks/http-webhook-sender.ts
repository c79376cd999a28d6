import { promises as dns, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { EscrowError, WebhookError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { WebhookAnswer, WebhookRequest, WebhookSender } from '#ports/webhook-sender.ts';
import { RestingTargets } from './resting-targets.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { knownAddress, WebhookTargets } from './targets.ts';

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

export interface WebhookSenderSettings {
  /** Ranges (CIDR) that are sent to though they are not public, by HTTP as well: for one machine, and for tests. */
  allowedTargets?: readonly string[];
  /** How long a target may take in all, from the look-up of its name to the end of its answer; 10,000 if absent. */
  timeoutMilliseconds?: number;
  /** PEM certificates to trust in place of the usual ones. */
  certificateAuthorities?: string;
  resolve?: Resolve;
}

/** As much of an answer is read as a usual server sends before it looks whether anybody reads; none of it is kept. */
const longestAnswer = 16_384;

/**
 * Sends by HTTP/1.1, over a connection of its own each time and through no proxy. Addresses are checked as the connection is made,
 * on the very list that is connected to, so it does not matter what a name led to before.
 */
export class HttpWebhookSender implements WebhookSender {
  readonly #clock: Clock;
  readonly #settings: WebhookSenderSettings;
  readonly #targets: WebhookTargets;
  readonly #resting: RestingTargets;

  /** @throws SetUpError `usage` if an allowed target is no range */
  constructor(clock: Clock, settings: WebhookSenderSettings = {}) {
    this.#clock = clock;
    this.#settings = settings;
    this.#targets = new WebhookTargets(settings.allowedTargets ?? []);
    this.#resting = new RestingTargets(clock);
  }

  checkTarget(url: string): string {
    return this.#targets.check(url);
  }

  async send(request: WebhookRequest): Promise<WebhookAnswer> {
    const url = new URL(request.url);
    const address = knownAddress(url);
    if (address !== undefined && !this.#targets.permits(address, url.protocol)) throw targetRefused();
    if (this.#resting.rests(url.origin)) {
      throw new WebhookError('webhook-failed', { why: 'The target hung, and is left alone for a while.' });
    }
    const deadline = AbortSignal.timeout(this.#settings.timeoutMilliseconds ?? 10_000);
    try {
      const answer = await this.#post(url, request, deadline);
      if (deadline.aborted) this.#resting.hung(url.origin);
      else this.#resting.answered(url.origin);
      return answer;
    } catch (error) {
      if (deadline.aborted) this.#resting.hung(url.origin);
      throw error instanceof EscrowError ? error : failed(error, deadline.aborted);
    }
  }

  #post(url: URL, { headers, body }: WebhookRequest, signal: AbortSignal): Promise<WebhookAnswer> {
    const shared = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
      lookup: this.#lookup(url.protocol),
      signal,
    };
    const { certificateAuthorities: ca } = this.#settings;
    return new Promise((resolve, reject) => {
      // An agent of its own: the global one may be set to a proxy by the environment.
      const posted =
        url.protocol === 'https:'
          ? httpsRequest(url, {
              ...shared,
              agent: new HttpsAgent(),
              rejectUnauthorized: true,
              minVersion: 'TLSv1.2',
              ...(ca !== undefined && { ca }),
            })
          : httpRequest(url, { ...shared, agent: new HttpAgent() });
      let answer: WebhookAnswer | undefined;
      // Whatever becomes of the rest of an answer, its status has said whether it was taken.
      const settle = (cause: unknown) => (answer === undefined ? reject(cause) : resolve(answer));
      posted.on('response', (response) => {
        answer = answerOf(response, this.#clock.now());
        readSome(response);
      });
      posted.on('error', settle);
      posted.on('close', () => settle(new Error('closed before an answer')));
      posted.end(body);
    });
  }

  /** Resolves names to the addresses that are sent to, and to none where there is no such one. */
  #lookup(protocol: string): LookupFunction {
    const resolve = this.#settings.resolve ?? ((hostname) => dns.lookup(hostname, { all: true }));
    return (hostname, { all }, callback) => {
      const permitted = resolve(hostname).then((found) => {
        const [first, ...others] = found.filter(({ address }) => this.#targets.permits(address, protocol));
        if (first === undefined) throw targetRefused();
        return { first, others };
      });
      permitted.then(
        ({ first, others }) =>
          all === true ? callback(null, [first, ...others]) : callback(null, first.address, first.family),
        (error) => callback(error, []),
      );
    };
  }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, now: Date): WebhookAnswer {
  const seconds = retryAfterSeconds(headers['retry-after'], now);
  return { status: statusCode, ...(seconds !== undefined && { retryAfterSeconds: seconds }) };
}

/** Reads an answer to its end, or as much as is read of any, and lets go of the connection. */
function readSome(response: IncomingMessage): void {
  let read = 0;
  response.on('data', (chunk: Uint8Array) => {
    read += chunk.length;
    if (read > longestAnswer) response.destroy();
  });
  // The request tells of it.
  response.on('error', () => {});
}

function targetRefused(): WebhookError {
  return new WebhookError('webhook-target-refused');
}

const causes: readonly [RegExp, string][] = [
  [/^(?:ENOTFOUND|EAI_)/, 'The name of the target was not found.'],
  [/^ECONNREFUSED$/, 'The target refused the connection.'],
  [/^HPE_/, 'The target did not answer in HTTP.'],
  [/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_VERIFY/, 'The certificate of the target is not trusted.'],
];

function failed(cause: unknown, timedOut: boolean): WebhookError {
  if (timedOut)
    return new WebhookError('webhook-failed', { why: 'The target did not answer in time.', cause });
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why = causes.find(([pattern]) => pattern.test(code))?.[1] ?? 'The connection to the target was lost.';
  return new WebhookError('webhook-failed', { why, cause });
}
