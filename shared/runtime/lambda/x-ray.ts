import type { LogFields } from '../log-fields.ts';
import { noTracing, type Span, type Tracing } from '../tracing.ts';
import { readTraceHeader } from './x-ray-header.ts';
import { subsegmentsOf } from './x-ray-subsegments.ts';

/** Does some work in a subsegment of its own. */
export type InSubsegment = <T>(
  name: string,
  fields: LogFields,
  work: (span: Span) => Promise<T>,
) => Promise<T>;

/**
 * Traces by AWS X-Ray what runs on AWS Lambda. Each invocation that X-Ray samples is a trace there already; this adds what the
 * service does below it. What does so is loaded for the first sampled one: it takes longer to load than all the rest of the
 * runtime, and the others need none of it.
 * @param environment in which AWS Lambda tells the trace of the invocation that runs now
 */
export function xRayTracing(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Tracing {
  let loading: Promise<InSubsegment> | undefined;
  const header = () => readTraceHeader(environment['_X_AMZN_TRACE_ID']);
  const within: InSubsegment = async (name, fields, work) => {
    if (header()?.isSampled !== true) return await noTracing.span(name, fields, work);
    loading ??= load();
    const inSubsegment = await loading;
    return await inSubsegment(name, fields, work);
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
async function load(): Promise<InSubsegment> {
  const { Tracer } = await import('@aws-lambda-powertools/tracer');
  return subsegmentsOf(new Tracer({ serviceName: 'enrollment-key-escrow', captureHTTPsRequests: false }));
}
