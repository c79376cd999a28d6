import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '#domain/errors.ts';
import { createLogger } from '#runtime/log.ts';
import { openTracing } from '#runtime/telemetry.ts';
import { noTracing, type Tracing } from '#runtime/tracing.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { attributesOf, type Collector, startCollector } from './collector.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const caller = 'b7ad6b7169203331';
const continued = { traceparent: `00-${traceId}-${caller}-01` };
const alone = { traceparent: undefined };

const collectors: Collector[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const collector of collectors.splice(0)) await collector.close();
});

/** Tracing towards a collector of its own, as the environment of a process says. */
async function tracingTo(
  answer?: Parameters<typeof startCollector>[0],
  {
    environment = {},
    shutdownMilliseconds = 60_000,
  }: { environment?: Record<string, string>; shutdownMilliseconds?: number } = {},
) {
  const collector = await startCollector(answer);
  collectors.push(collector);
  // The SDK reads these from the process itself.
  const set = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...environment };
  for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
  let logged = '';
  const log = createLogger({
    stream: { write: (more: string) => (logged += more) },
    clock: new ManualClock(),
  });
  const tracing = await openTracing({ log, version: '1.2.3', shutdownMilliseconds });
  return { tracing, collector, logged: () => logged };
}

/** A request with a step in it, as the API makes one. */
async function serve(tracing: Tracing, trace = continued): Promise<string> {
  return await tracing.request(trace, { requestId: 'req-1', method: 'GET' }, async (span) => {
    await pause(1);
    const answer = await tracing.span('step', { enrollmentId: 'enr_1' }, async () => 'the answer');
    span.set({ route: '/v1/enrollments/{enrollmentId}', status: 200 });
    return answer;
  });
}

describe('where no collector is named', () => {
  it.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' },
  ])('nothing is traced: %j', async (environment) => {
    const log = createLogger({ stream: process.stderr, clock: new ManualClock() });
    const tracing = await openTracing({ log, version: '1', environment });
    expect(tracing).toBe(noTracing);
    expect(await serve(tracing)).toBe('the answer');
    expect(tracing.traceId()).toBeUndefined();
    expect(tracing.headers()).toEqual({});
    await tracing.shutdown();
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'not a url' }, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER: 'constructor' },
      'OTEL_TRACES_SAMPLER',
    ],
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: 'half',
      },
      'OTEL_TRACES_SAMPLER_ARG',
    ],
  ])('or not rightly, the service does not start: %j', async (environment, field) => {
    const log = createLogger({ stream: process.stderr, clock: new ManualClock() });
    const opening = openTracing({ log, version: '1', environment });
    await expect(opening).rejects.toMatchObject({ code: 'usage', details: { field } });
  });
});

describe('a request', () => {
  it('is a span that continues the caller’s trace, and its steps are spans below it', async () => {
    const { tracing, collector } = await tracingTo();
    expect(await serve(tracing)).toBe('the answer');
    await tracing.shutdown();
    const [step, request] = collector.spans();
    expect(request).toMatchObject({
      name: 'GET /v1/enrollments/{enrollmentId}',
      kind: 2,
      traceId,
      parentSpanId: caller,
    });
    expect(step).toMatchObject({ name: 'step', traceId, parentSpanId: request?.spanId });
    expect(request && attributesOf(request)).toEqual({
      'escrow.requestId': 'req-1',
      'http.request.method': 'GET',
      'http.route': '/v1/enrollments/{enrollmentId}',
      'http.response.status_code': 200,
    });
    expect(step && attributesOf(step)).toEqual({ 'escrow.enrollmentId': 'enr_1' });
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-${caller}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `ff-${traceId}-${caller}-01`,
    `00-${traceId}-${caller}-01-more`,
    `00-${traceId.toUpperCase()}-${caller}-01`,
  ])('has a trace of its own where the header is %s', async (traceparent) => {
    const { tracing, collector } = await tracingTo();
    await serve(tracing, { traceparent: traceparent ?? '' });
    await tracing.shutdown();
    const request = collector.spans().at(-1);
    expect(request?.parentSpanId ?? '').toBe('');
    expect(request?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(request?.traceId).not.toBe(traceId);
  });

  it('keeps its trace apart from that of another that runs at the same time', async () => {
    const { tracing, collector } = await tracingTo();
    const served = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        tracing.request(alone, {}, async () => {
          const before = tracing.traceId();
          await pause(number % 3);
          await tracing.span('step', {}, () => pause(1));
          expect(tracing.traceId()).toBe(before);
          return before;
        }),
      ),
    );
    expect(tracing.traceId()).toBeUndefined();
    await tracing.shutdown();
    expect(new Set(served).size).toBe(20);
    const steps = collector.spans().filter(({ name }) => name === 'step');
    expect(new Set(steps.map((step) => step.traceId))).toEqual(new Set(served));
  });

  it('lets whoever is called continue its trace', async () => {
    const { tracing, collector } = await tracingTo();
    const headers = await tracing.request(continued, {}, async () => tracing.headers());
    await tracing.shutdown();
    expect(headers).toEqual({ traceparent: `00-${traceId}-${collector.spans()[0]?.spanId}-01` });
    expect(tracing.headers()).toEqual({});
  });

  it('that fails throws what it threw, and its span tells the code and no message', async () => {
    const { tracing, collector } = await tracingTo();
    const thrown = new StoreError('store-unavailable', { cause: new TypeError('MARKED') });
    await expect(tracing.request(alone, {}, () => Promise.reject(thrown))).rejects.toBe(thrown);
    await tracing.request(alone, {}, async (span) => span.set({ status: 503 }));
    await tracing.request(alone, {}, async (span) => span.set({ status: 404 }));
    await tracing.shutdown();
    expect(collector.spans().map(({ status }) => status.code)).toEqual([2, 2, 0]);
    expect(collector.bodies.join()).toContain('store-unavailable');
    expect(collector.bodies.join()).not.toContain('MARKED');
  });

  it('is told by allowed fields only, each bounded', async () => {
    const { tracing, collector } = await tracingTo();
    const untyped = { password: 'MARKED', requestId: { secret: 'MARKED' }, eventId: 'x'.repeat(5_000) };
    await tracing.span('step', JSON.parse(JSON.stringify(untyped)), async () => {});
    await tracing.shutdown();
    expect(collector.bodies.join()).not.toContain('MARKED');
    const [step] = collector.spans();
    expect(step && attributesOf(step)).toEqual({ 'escrow.eventId': `${'x'.repeat(255)}…` });
  });
});

describe('the environment', () => {
  it('names the service, or it has its own name', async () => {
    const own = await tracingTo();
    await serve(own.tracing);
    await own.tracing.shutdown();
    expect(own.collector.resource()).toMatchObject({
      'service.name': 'enrollment-key-escrow',
      'service.version': '1.2.3',
    });
    const named = await tracingTo(undefined, { environment: { OTEL_SERVICE_NAME: 'escrow-of-acme' } });
    await serve(named.tracing);
    await named.tracing.shutdown();
    expect(named.collector.resource()).toMatchObject({ 'service.name': 'escrow-of-acme' });
  });

  it.each([
    ['always_off', '', 0, 0],
    ['always_on', '', 2, 2],
    ['traceidratio', '0', 0, 0],
    ['parentbased_always_off', '', 2, 0],
    ['parentbased_traceidratio', '0', 2, 0],
  ])('chooses the sampler %s %s', async (name, argument, ofCaller, ofItsOwn) => {
    const environment = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument };
    const { tracing, collector } = await tracingTo(undefined, { environment });
    await serve(tracing, continued);
    await serve(tracing, { traceparent: '' });
    await tracing.shutdown();
    const mine = collector.spans().filter((span) => span.traceId === traceId);
    expect(mine).toHaveLength(ofCaller);
    expect(collector.spans().length - mine.length).toBe(ofItsOwn);
  });
});

describe('a collector', () => {
  it('that is not there disturbs neither work nor end, and it is said once', async () => {
    const environment = { OTEL_EXPORTER_OTLP_TIMEOUT: '300' };
    const { tracing, collector, logged } = await tracingTo(undefined, { environment });
    await collector.close();
    collectors.splice(0);
    expect(await serve(tracing)).toBe('the answer');
    await tracing.shutdown();
    expect(logged()).toMatch(/^\{.*"message":"traces-lost","count":2\}\n$/);
  });

  it('that refuses disturbs neither work nor end', async () => {
    const { tracing, logged } = await tracingTo((response) => {
      response.statusCode = 400;
      response.end();
    });
    expect(await serve(tracing)).toBe('the answer');
    await tracing.shutdown();
    expect(logged()).toContain('traces-lost');
  });

  it('that never answers holds up no work, and the end no longer than the bound', async () => {
    const { tracing, collector } = await tracingTo(() => {}, { shutdownMilliseconds: 200 });
    expect(await serve(tracing)).toBe('the answer');
    await tracing.shutdown();
    // The exporter itself would go on waiting: it is still at it.
    expect(collector.unanswered()).toBe(1);
  });
});
