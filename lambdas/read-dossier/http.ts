import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { DossierNeeds } from './gather-dossier.ts';
import { readDossier } from './read-dossier.ts';

type R = RouteNamed<'readDossier'>;

/** Answers `readDossier`; throws what the use case throws. */
export async function answerReadDossier(
  dependencies: DossierNeeds,
  { principal, params: { enrollmentId }, query: { since }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const file = await readDossier(dependencies, principal, { enrollmentId, since, requestId });
  return { bytes: new TextEncoder().encode(file) };
}
