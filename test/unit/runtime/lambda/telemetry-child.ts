// What a function on AWS Lambda writes and sends, for the test to look at: Powertools writes to the streams of its process.
import { Logger } from '@aws-lambda-powertools/logger';
import { ProviderError } from '#domain/errors.ts';
import { type LambdaLog, lambdaLog } from '#runtime/lambda/log.ts';
import { AllowedFieldsFormatter } from '#runtime/lambda/log-formatter.ts';
import { lambdaMetrics } from '#runtime/lambda/metrics.ts';
import { xRayTracing } from '#runtime/lambda/x-ray.ts';
import type { LogFields } from '#runtime/log-fields.ts';

const [what, secret = ''] = process.argv.slice(2);

/** Whatever a caller might pass where types do not hold it back. */
function untyped(value: unknown): LogFields {
  return JSON.parse('{}', () => value);
}

class VendorError extends Error {
  readonly $metadata = { secret };
}

async function logHostile(): Promise<void> {
  const log = lambdaLog('show-enrollment');
  await log.during('invocation-1', async () => logHostileTo(log));
}

function logHostileTo(log: LambdaLog): void {
  const error = new VendorError(`about ${secret}`, { cause: new Error(secret) });
  log.info('request', untyped({ status: 200, password: secret, event: { secret }, message: secret }));
  log.warn('request', {}, error);
  log.error('unexpected', untyped({ error: secret, stack: secret }), secret);
  log.error('unexpected', {}, Object.assign(new Error('x'), { name: secret, code: secret, stack: secret }));
  log.with(untyped({ secret, requestId: 'bound' })).warn('request', { method: `GET\u2028${'\u202e'}` });
  log.warn('custody-failed', {}, new ProviderError('provider-busy', { why: 'our own words' }));
  log.info(JSON.parse(JSON.stringify(secret)));
  const look = () => {
    throw new Error(secret);
  };
  const throwing = Object.defineProperty({}, 'status', { enumerable: true, get: look });
  log.info('request', untyped(throwing));
}

/** Whoever gets hold of the logger of Powertools itself. */
function logPast(): void {
  const powertools = new Logger({ logFormatter: new AllowedFieldsFormatter(), persistentKeys: { secret } });
  powertools.appendKeys({ more: { secret } });
  powertools.info(secret);
  powertools.info({ message: secret, requestId: 'known', event: { secret } });
  powertools.error('unexpected', new Error(secret));
  powertools.error('unexpected', { secret });
  powertools.error('unexpected', secret);
  powertools.critical(secret, new VendorError(secret));
}

async function logTwice(): Promise<void> {
  const log = lambdaLog('show-enrollment');
  log.info('listening');
  const next = Promise.withResolvers<void>();
  const { promise: givenUp } = await log.during('invocation-1', async () => {
    const late = async () => {
      await next.promise;
      log.info('request', { status: 201 });
    };
    log.with({ organization: 'acme' }).info('request', { status: 200, roles: ['auditor'] });
    return { promise: late() };
  });
  await log.during('invocation-2', async () => {
    next.resolve();
    await givenUp;
    log.error('unexpected', {}, new TypeError('x'));
  });
}

function count(): void {
  const metrics = lambdaMetrics({ function: 'carry-events', stage: 'test' });
  metrics.publish();
  metrics.add('Enrolled');
  metrics.add('Enrolled', 2);
  metrics.add('SecondsFromRequestToProvedEscrow', 1.5);
  metrics.add('Refused', Number.NaN);
  metrics.publish();
  metrics.add('Escrowed');
  metrics.publish();
  metrics.publish();
}

const header = (last: number, isSampled: number) =>
  `Root=1-5759e988-bd862e3fe1be46a99427279${last};Parent=53995c3f42cd8ad${last};Sampled=${isSampled}`;

async function trace(): Promise<void> {
  const tracing = xRayTracing();
  const request = (status: number) =>
    tracing.request({ traceparent: undefined }, untyped({ requestId: 'req-1', secret }), async (span) => {
      await Promise.all(
        ['a', 'b'].map((name) => tracing.span(name, { consumer: name }, async () => undefined)),
      );
      span.set(untyped({ status, secret }));
      return tracing.traceId();
    });
  process.env['_X_AMZN_TRACE_ID'] = header(1, 0);
  process.stdout.write(`${await request(200)}\n`);
  // As an invocation begins: not from within the one before it.
  await new Promise<void>((resolve, reject) => {
    setTimeout(() => sampled().then(resolve, reject), 0);
  });
  async function sampled(): Promise<void> {
    process.env['_X_AMZN_TRACE_ID'] = header(2, 1);
    process.stdout.write(`${await request(503)}\n`);
    const next = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const givenUp = tracing.request({ traceparent: undefined }, { requestId: 'given-up' }, async () => {
      begun.resolve();
      await next.promise;
      await tracing.span('late', {}, async () => undefined);
      return tracing.traceId();
    });
    await begun.promise;
    process.env['_X_AMZN_TRACE_ID'] = header(3, 1);
    next.resolve();
    process.stdout.write(`${await givenUp}\n`);
    const failing = tracing.span('failing', {}, () => Promise.reject(new VendorError(secret)));
    await failing.catch((error: unknown) => process.stdout.write(`${error instanceof VendorError}\n`));
  }
}

const all = { logHostile, logPast, logTwice, count, trace };
await Object.entries(all).find(([name]) => name === what)?.[1]();
