import { CedarPolicy } from '#adapters/cedar-policy/cedar-policy.ts';
import { loadCedar } from '#policy/load-cedar.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { ExportabilityPolicy } from '#ports/policy.ts';
import type { Registry } from '#ports/registry.ts';

/**
 * Organizations' policies. Cedar is loaded at the start, where AWS Lambda gives a function more of a processor than it has later.
 * @throws InternalError `internal` if it cannot be loaded
 */
export async function openPolicy(registry: Registry, documents: DocumentStore): Promise<ExportabilityPolicy> {
  await loadCedar();
  return new CedarPolicy(registry, documents);
}
