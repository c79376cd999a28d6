import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tracer } from '@aws-lambda-powertools/tracer';
import { asEscrowError } from '#domain/errors.ts';
import { allowedFields, type LogFields } from '../log-fields.ts';
import { noTracing, type Span, type Tracing } from '../tracing.ts';

/** Does some work in a subsegment of its own. */
export type InSubsegment = Tracing['span'];

/** Whether the invocation that began what runs now has not ended. */
export type IsRunning = () => boolean;

type Segment = NonNullable<ReturnType<Tracer['getSegment']>>;
type Subsegment = ReturnType<Segment['addNewSubsegment']>;

/** Of the work that runs now. The SDK's own notion of it knows of no two that run at the same time. */
const current = new AsyncLocalStorage<Subsegment>();

/**
 * Does some work in a subsegment of the one that runs now, or of the invocation itself. Its annotations are the fields that may
 * be logged, and an error is told by its code alone. It fails as the work does, and never otherwise. What begins or ends
 * beside another invocation than its own is not sent: the SDK would count it to that one.
 */
export function subsegmentsOf(tracer: Tracer, isRunning: IsRunning): InSubsegment {
  return async (name, fields, work) => {
    const subsegment = isRunning() ? begun(tracer, name) : undefined;
    if (subsegment === undefined) return await noTracing.span(name, fields, work);
    const span: Span = { set: (more) => safely(() => annotate(subsegment, more)) };
    span.set(fields);
    try {
      return await current.run(subsegment, () => work(span));
    } catch (error) {
      span.set({ code: asEscrowError(error).code });
      safely(() => subsegment.addFaultFlag());
      throw error;
    } finally {
      if (isRunning()) safely(() => subsegment.close());
    }
  };
}

function begun(tracer: Tracer, name: string): Subsegment | undefined {
  try {
    return (current.getStore() ?? tracer.getSegment())?.addNewSubsegment(name);
  } catch {
    return undefined;
  }
}

function annotate(subsegment: Subsegment, fields: LogFields): void {
  for (const [field, value] of Object.entries(allowedFields(fields))) {
    subsegment.addAnnotation(field, Array.isArray(value) ? value.join(' ') : value);
  }
  const { status = 0 } = fields;
  if (status >= 500) subsegment.addFaultFlag();
  else if (status >= 400) subsegment.addErrorFlag();
}

/** What traces must not fail what is traced. */
function safely(work: () => void): void {
  try {
    work();
  } catch {
    // The trace lacks something.
  }
}
