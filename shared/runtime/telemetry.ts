import { SetUpError } from '#domain/errors.ts';
import type { Logger } from './log.ts';
import { noTracing, type Tracing } from './tracing.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

export interface TelemetrySettings {
  /** Told once when the collector takes nothing, and again after it took something meanwhile. */
  log: Logger;
  /** Version of the running software, for the resource that spans are of. */
  version: string;
  environment?: Environment;
  /** How long the end waits for what is left to be sent, in milliseconds. */
  shutdownMilliseconds?: number;
}

/**
 * Traces by OpenTelemetry where the environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT, or ..._TRACES_ENDPOINT), over
 * OTLP/HTTP with JSON. Its SDK is loaded only then. Headers, time-out, compression and certificates of the exporter,
 * OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and the samplers of OTEL_TRACES_SAMPLER are as OpenTelemetry has them.
 * @throws SetUpError `usage` if the endpoint or the sampler is not one
 */
export async function openTracing(settings: TelemetrySettings): Promise<Tracing> {
  const { environment = process.env } = settings;
  if (environment['OTEL_SDK_DISABLED'] === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none') {
    return noTracing;
  }
  const named = endpoints.filter((name) => (environment[name] ?? '').trim() !== '');
  if (named.length === 0) return noTracing;
  for (const name of named) checkEndpoint(name, environment[name] ?? '');
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry({ shutdownMilliseconds: 3_000, ...settings, environment });
}

/** The exporter would fall back to another address without a word. */
function checkEndpoint(field: string, text: string): void {
  if (/^https?:$/.test(URL.parse(text.trim())?.protocol ?? '')) return;
  throw new SetUpError('usage', { field, why: 'is no http or https URL', next: 'Correct it, or unset it.' });
}
