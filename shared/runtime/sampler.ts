import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { SetUpError } from '#domain/errors.ts';

/** The samplers that OTEL_TRACES_SAMPLER may name; the SDK of this generation leaves reading it to us. */
const samplers: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

/**
 * The sampler that the environment asks for (OTEL_TRACES_SAMPLER, and OTEL_TRACES_SAMPLER_ARG for a ratio); undefined for the
 * SDK's default, `parentbased_always_on`.
 * @throws SetUpError `usage` if it names none, or no ratio from 0 to 1
 */
export function samplerOf(environment: Readonly<Record<string, string | undefined>>): Sampler | undefined {
  const name = environment['OTEL_TRACES_SAMPLER'] ?? '';
  if (name === '') return undefined;
  const make = Object.hasOwn(samplers, name) ? samplers[name] : undefined;
  if (make === undefined)
    throw wrong('OTEL_TRACES_SAMPLER', `must be one of ${Object.keys(samplers).join(', ')}`);
  const ratio = Number(environment['OTEL_TRACES_SAMPLER_ARG'] || '1');
  if (!(ratio >= 0 && ratio <= 1)) throw wrong('OTEL_TRACES_SAMPLER_ARG', 'must be a number from 0 to 1');
  return make(ratio);
}

function wrong(field: string, why: string): SetUpError {
  return new SetUpError('usage', { field, why, next: 'Correct it, or unset it.' });
}
