import type { LogFields } from './log-fields.ts';

/** A piece of work that is being traced. */
export interface Span {
  /** Adds what is known by now; a `status` of 500 or more marks the span as failed. */
  set(fields: LogFields): void;
}

/**
 * Traces what the service does. Attributes are the fields that may be logged, and nothing else; an error is told by its code.
 * It never fails, and work neither waits for it nor ends otherwise because of it.
 */
export interface Tracing {
  /**
   * Does a request's work in a span of its own, which continues the caller's trace if there is one.
   * @param trace `traceparent` as the header came (W3C Trace Context section 3.2); one that is not well formed is no parent
   * @returns what the work returns; it throws what the work throws
   */
  request<T>(
    trace: { traceparent: string | undefined },
    fields: LogFields,
    work: (span: Span) => Promise<T>,
  ): Promise<T>;

  /**
   * Does some work in a span below the one that runs now, or in a trace of its own.
   * @param name of our own, as in `delivery`: never text that somebody sent
   */
  span<T>(name: string, fields: LogFields, work: (span: Span) => Promise<T>): Promise<T>;

  /** The id of the trace that runs now, 32 hex digits; undefined where there is none. */
  traceId(): string | undefined;

  /** Headers that let whoever is called continue the trace that runs now. */
  headers(): Record<string, string>;

  /** Sends what is left, within a few seconds or not at all. */
  shutdown(): Promise<void>;
}

const noSpan: Span = { set() {} };

/** Traces nothing, at no cost. */
export const noTracing: Tracing = {
  request: (_trace, _fields, work) => work(noSpan),
  span: (_name, _fields, work) => work(noSpan),
  traceId: () => undefined,
  headers: () => ({}),
  async shutdown() {},
};
