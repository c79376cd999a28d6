import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { listNotices } from './list-notices.ts';

type R = RouteNamed<'listNotices'>;

/** Answers `listNotices`; throws what the use case throws. */
export async function answerListNotices(
  dependencies: Pick<Dependencies, 'notices' | 'ledger'>,
  { principal, query: { subscriberId, limit, cursor }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const page = await listNotices(dependencies, principal, {
    limit,
    ...(subscriberId !== undefined && { subscriberId }),
    ...(cursor !== undefined && { cursor }),
    requestId,
  });
  const notices = page.items.map(({ id, time, subscriberId: told, subject, text }) => ({
    id,
    time,
    subscriberId: told,
    subject,
    text,
  }));
  return { json: { notices, ...(page.cursor !== undefined && { cursor: page.cursor }) } };
}
