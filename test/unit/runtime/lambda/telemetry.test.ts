import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { metricNamespace } from '#contract/metrics.ts';
import { xRayTracing } from '#runtime/lambda/x-ray.ts';
import { readTraceHeader } from '#runtime/lambda/x-ray-header.ts';

const script = join(import.meta.dirname, 'telemetry-child.ts');
const secret = 'marked-secret-73';

/** What the environment could have Powertools tell more by: none of it does. */
const talkative = {
  POWERTOOLS_LOGGER_LOG_EVENT: 'true',
  POWERTOOLS_TRACER_CAPTURE_RESPONSE: 'true',
  POWERTOOLS_TRACER_CAPTURE_ERROR: 'true',
  POWERTOOLS_TRACER_CAPTURE_HTTPS_REQUESTS: 'true',
};

/** Runs a part of the script as a function on AWS Lambda runs. @returns the lines that it wrote */
async function run(what: string, environment: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { POWERTOOLS_DEV: _, ...usual } = process.env;
  const child = spawn(process.execPath, [script, what, secret], {
    env: { ...usual, ...talkative, LAMBDA_TASK_ROOT: '/var/task', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (status !== 0) throw new Error(`it ended with ${status}: ${err}`);
  return `${out}${err}`.split('\n').filter((line) => line !== '');
}

async function logged(what: string, environment = {}): Promise<Record<string, unknown>[]> {
  const lines = await run(what, environment);
  return lines.map((line) => JSON.parse(line));
}

describe('the log of a function', () => {
  it('is a JSON object a line, which names function and invocation, by the names that AWS Lambda looks for', async () => {
    const lines = await logged('logTwice');
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const common = { timestamp, function: 'show-enrollment' };
    // Errors go to the other stream, so the order is that of the streams.
    expect(lines).toStrictEqual([
      { ...common, level: 'INFO', message: 'listening' },
      {
        ...{ ...common, level: 'INFO', message: 'request', invocationId: 'invocation-1', coldStart: 1 },
        ...{ status: 200, organization: 'acme', roles: ['auditor'] },
      },
      // What an invocation began that was given up ends beside the next one.
      {
        ...{ ...common, level: 'INFO', message: 'request', invocationId: 'invocation-1', coldStart: 1 },
        status: 201,
      },
      {
        ...{ ...common, level: 'ERROR', message: 'unexpected', invocationId: 'invocation-2', coldStart: 0 },
        ...{ code: 'internal', causes: expect.anything() },
      },
    ]);
  });

  it('holds nothing but fields that may be logged, whatever is logged', async () => {
    const lines = await run('logHostile');
    expect(lines).toHaveLength(8);
    expect(lines.join('\n')).not.toContain(secret);
    const all = lines.map((line) => JSON.parse(line));
    expect(all).toContainEqual(
      expect.objectContaining({ message: 'request', requestId: 'bound', method: 'GET??' }),
    );
    expect(all).toContainEqual(expect.objectContaining({ code: 'provider-busy', why: 'our own words' }));
  });

  it('holds nothing else where the logger of Powertools itself is used', async () => {
    const lines = await run('logPast');
    expect(lines).toHaveLength(6);
    expect(lines.join('\n')).not.toContain(secret);
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ message: 'unexpected', requestId: 'known' }),
    );
  });

  it('is as quiet as the function is configured to be', async () => {
    const lines = await logged('logTwice', { AWS_LAMBDA_LOG_LEVEL: 'ERROR' });
    expect(lines).toMatchObject([{ level: 'ERROR' }]);
  });
});

describe('the metrics of a function', () => {
  it('are lines in the embedded metric format, of function and stage, and none where nothing was counted', async () => {
    const lines = await logged('count');
    expect(lines).toMatchObject([
      {
        _aws: {
          CloudWatchMetrics: [
            {
              Namespace: metricNamespace,
              Dimensions: [['function', 'stage']],
              Metrics: [
                { Name: 'Enrolled', Unit: 'Count' },
                { Name: 'SecondsFromRequestToProvedEscrow', Unit: 'Seconds' },
              ],
            },
          ],
        },
        function: 'carry-events',
        stage: 'test',
        Enrolled: [1, 2],
        SecondsFromRequestToProvedEscrow: 1.5,
      },
      { function: 'carry-events', stage: 'test', Escrowed: 1 },
    ]);
  });
});

describe('the traces of a function', () => {
  it('are subsegments of a sampled invocation, of fields that may be logged, and none of another', async () => {
    const daemon = createSocket('udp4');
    const received: string[] = [];
    daemon.on('message', (packet) => received.push(packet.toString()));
    daemon.bind(0, '127.0.0.1');
    await once(daemon, 'listening');
    const lines = await run('trace', {
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_SAM_LOCAL: '',
    });
    daemon.close();
    const root = '5759e988bd862e3fe1be46a99427279';
    // What was given up is of the trace that it began in, whichever runs by then; and is no part of that one.
    expect(lines).toStrictEqual([`${root}1`, `${root}2`, `${root}2`, 'true']);
    expect(received.join('\n')).not.toMatch(/given-up|late/);
    expect(received.join('\n')).not.toContain(secret);
    const sent = received.map((packet) => JSON.parse(packet.split('\n')[1] ?? ''));
    const requests = sent.filter(({ name }) => name === 'request');
    expect(requests).toMatchObject([
      {
        ...{ type: 'subsegment', fault: true, parent_id: '53995c3f42cd8ad2' },
        trace_id: '1-5759e988-bd862e3fe1be46a994272792',
        annotations: { requestId: 'req-1', status: 503 },
      },
    ]);
    const [request] = requests;
    const below = sent.filter(({ parent_id: parent }) => parent === request?.id);
    expect(below.map(({ name, annotations }) => [name, annotations])).toStrictEqual([
      ['a', { consumer: 'a' }],
      ['b', { consumer: 'b' }],
    ]);
    const [failing] = sent.filter(({ name }) => name === 'failing');
    expect(failing).toMatchObject({ fault: true, annotations: { code: 'internal' } });
    expect(failing).not.toHaveProperty('cause');
  });

  it('keep no work from being done where what traces cannot be loaded', async () => {
    const environment = { _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1' };
    const tracing = xRayTracing(environment, () => Promise.reject(new Error('not in the bundle')));
    await expect(tracing.span('some', {}, async () => 'done')).resolves.toBe('done');
  });
});

describe('a trace header', () => {
  it.for([
    ['Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1', true],
    ['Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0', false],
    ['Sampled=1; Root=1-5759e988-bd862e3fe1be46a994272793', true],
    ['Root=1-5759e988-bd862e3fe1be46a994272793', false],
  ] as const)('is read: %s', ([header, isSampled]) => {
    expect(readTraceHeader(header)).toStrictEqual({ traceId: '5759e988bd862e3fe1be46a994272793', isSampled });
  });

  it.for([undefined, '', 'Sampled=1', 'Root=1-2-3;Sampled=1', 'Root', '===;;;'])('is none: %s', (header) => {
    expect(readTraceHeader(header)).toBeUndefined();
  });
});
