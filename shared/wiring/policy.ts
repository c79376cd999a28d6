import { CedarPolicy } from '#adapters/cedar-policy/cedar-policy.ts';
import { environmentNames } from '#contract/environment.ts';
import { loadCedar } from '#policy/load-cedar.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { ExportabilityPolicy, PolicyFailure } from '#ports/policy.ts';
import type { Registry } from '#ports/registry.ts';
import { countInStage } from '#runtime/lambda/stage-metric.ts';
import { tellPolicyFailed } from '#runtime/log-policy.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/**
 * Organizations' policies. Cedar is loaded at the start, where AWS Lambda gives a function more of a processor than it has later. That a
 * policy failed on a question is logged and counted.
 * @throws InternalError `internal` if it cannot be loaded
 */
export async function openPolicy(
  { log, environment }: Pick<Opening, 'log' | 'environment'>,
  registry: Registry,
  documents: DocumentStore,
): Promise<ExportabilityPolicy> {
  const stage = given(environment, environmentNames.stage);
  await loadCedar();
  return new CedarPolicy(registry, documents, async (failure: PolicyFailure) => {
    tellPolicyFailed(log, failure);
    await countInStage(stage, 'PolicyFailures');
  });
}
