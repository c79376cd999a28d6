import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { listBackups } from './list-backups.ts';

type R = RouteNamed<'listBackups'>;

/** Answers `listBackups`; throws what the use case throws. */
export async function answerListBackups(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  { principal, params: { enrollmentId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const backups = await listBackups(dependencies, principal, { enrollmentId, requestId });
  return {
    json: {
      backups: backups.map(({ id, profile, pfxSha256, retainUntil, receiptId }) => ({
        id,
        profile,
        pfxSha256,
        retainUntil,
        receiptId,
      })),
    },
  };
}
