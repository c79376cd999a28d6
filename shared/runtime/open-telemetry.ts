import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { asEscrowError } from '#domain/errors.ts';
import type { Logger } from './log.ts';
import { allowedFields, type LogFields } from './log-fields.ts';
import { samplerOf } from './sampler.ts';
import { parentOf, traceparentOf } from './traceparent.ts';
import type { Span, Tracing } from './tracing.ts';
import { endsWithin } from './within.ts';

const serviceName = 'enrollment-key-escrow';

/** Names of OpenTelemetry's semantic conventions; a field that has none there is named as ours. */
const conventions: Readonly<Record<string, string>> = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
};

export interface OpenTelemetrySettings {
  log: Logger;
  version: string;
  environment: Readonly<Record<string, string | undefined>>;
  shutdownMilliseconds: number;
}

/** Starts to trace. Nothing is registered globally. @throws SetUpError `usage` if the sampler is not known */
export function openTelemetry(settings: OpenTelemetrySettings): Tracing {
  const { log, version, environment, shutdownMilliseconds } = settings;
  const own = { 'service.name': serviceName, 'service.version': version };
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector];
  const sampler = samplerOf(environment);
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(own)).merge(detectResources({ detectors })),
    spanProcessors: [new BatchSpanProcessor({ exporter: telling(new OTLPTraceExporter(), log) })],
    ...(sampler !== undefined && { sampler }),
  });
  const shutdown = async () => void (await endsWithin(shutdownMilliseconds, provider.shutdown()));
  return new OpenTelemetryTracing(provider.getTracer(serviceName, version), shutdown);
}

class OpenTelemetryTracing implements Tracing {
  readonly #tracer: Tracer;
  readonly #current = new AsyncLocalStorage<OtelSpan>();
  readonly shutdown: () => Promise<void>;

  constructor(tracer: Tracer, shutdown: () => Promise<void>) {
    this.#tracer = tracer;
    this.shutdown = shutdown;
  }

  request<T>(
    { traceparent }: { traceparent: string | undefined },
    fields: LogFields,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const span = this.#tracer.startSpan('request', { kind: SpanKind.SERVER }, parentOf(traceparent));
    return this.#within(span, fields, work);
  }

  span<T>(name: string, fields: LogFields, work: (span: Span) => Promise<T>): Promise<T> {
    const running = this.#current.getStore();
    const parent = running === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, running);
    return this.#within(this.#tracer.startSpan(name, {}, parent), fields, work);
  }

  traceId(): string | undefined {
    return this.#current.getStore()?.spanContext().traceId;
  }

  headers(): Record<string, string> {
    const span = this.#current.getStore();
    return span === undefined ? {} : { traceparent: traceparentOf(span.spanContext()) };
  }

  async #within<T>(otel: OtelSpan, fields: LogFields, work: (span: Span) => Promise<T>): Promise<T> {
    let known: LogFields = {};
    const span: Span = {
      set(more) {
        known = { ...known, ...more };
        describe(otel, known, more);
      },
    };
    span.set(fields);
    try {
      return await this.#current.run(otel, () => work(span));
    } catch (error) {
      span.set({ code: asEscrowError(error).code });
      otel.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      otel.end();
    }
  }
}

/** Says of a span what came to be known. */
function describe(otel: OtelSpan, { method, route, status }: LogFields, more: LogFields): void {
  otel.setAttributes(attributesOf(more));
  if (method !== undefined && route !== undefined) otel.updateName(`${method} ${route}`);
  if (status !== undefined && status >= 500) otel.setStatus({ code: SpanStatusCode.ERROR });
}

function attributesOf(fields: LogFields): Attributes {
  const entries = Object.entries(allowedFields(fields));
  return Object.fromEntries(entries.map(([name, value]) => [conventions[name] ?? `escrow.${name}`, value]));
}

/** The exporter, which says once when spans are lost: it fails without a word. */
function telling(exporter: SpanExporter, log: Logger): SpanExporter {
  let isLosing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        // 0 is success (ExportResultCode, which is exported by a package that is not ours to import).
        const failed = result.code !== 0;
        if (failed && !isLosing) log.warn('traces-lost', { count: spans.length });
        isLosing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
