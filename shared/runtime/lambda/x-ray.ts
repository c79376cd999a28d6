import { AsyncLocalStorage } from 'node:async_hooks';
import { noTracing, type Tracing } from '../tracing.ts';
import { readTraceHeader, type TraceHeader } from './x-ray-header.ts';
import { type InSubsegment, type IsRunning, subsegmentsOf } from './x-ray-subsegments.ts';

/** The trace of the invocation that began what runs now. */
const begun = new AsyncLocalStorage<TraceHeader>();

/**
 * Traces by AWS X-Ray what runs on AWS Lambda. Each invocation that X-Ray samples is a trace there already; this adds what the
 * service does below it. What does so is loaded for the first sampled one: it takes longer to load than all the rest of the
 * runtime, and the others need none of it. Work that was given up, and goes on beside the next invocation, is of its own trace
 * still, and nothing more is sent of it.
 * @param environment in which AWS Lambda tells the trace of the invocation that runs now
 * @param load loads what traces; where it cannot, nothing is traced
 */
export function xRayTracing(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  load: (isRunning: IsRunning) => Promise<InSubsegment> = loadTracer,
): Tracing {
  let loading: Promise<InSubsegment> | undefined;
  const running = () => readTraceHeader(environment['_X_AMZN_TRACE_ID']);
  const header = () => begun.getStore() ?? running();
  const isRunning = () => running()?.traceId === header()?.traceId;
  const within: InSubsegment = async (name, fields, work) => {
    const trace = header();
    if (trace === undefined) return await noTracing.span(name, fields, work);
    return await begun.run(trace, async () => {
      if (!trace.isSampled) return await noTracing.span(name, fields, work);
      loading ??= load(isRunning).catch(() => noTracing.span);
      const inSubsegment = await loading;
      return await inSubsegment(name, fields, work);
    });
  };
  return {
    // A caller's own trace is not continued: X-Ray has begun one at the gateway.
    request: (_trace, fields, work) => within('request', fields, work),
    span: within,
    traceId: () => header()?.traceId,
    headers: () => ({}),
    // Each subsegment is sent as it ends.
    async shutdown() {},
  };
}

/** Calls of others are not traced: what they carry is nobody's business. */
async function loadTracer(isRunning: IsRunning): Promise<InSubsegment> {
  const { Tracer } = await import('@aws-lambda-powertools/tracer');
  const tracer = new Tracer({ serviceName: 'enrollment-key-escrow', captureHTTPsRequests: false });
  return subsegmentsOf(tracer, isRunning);
}
