import type { Dossier } from '#crypto/dossier/content.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Dependencies } from '#steps/dependencies.ts';

const noticesAtOnce = 1_000;

/** The most notices that a dossier holds, the newest ones: some two hundred kilobytes. */
const mostNotices = 500;

/**
 * What the subscriber was told of an enrollment, oldest first: a notice is named by the event that it tells of, and that by its
 * enrollment.
 * @throws StoreError `store-unavailable`
 */
export async function gatherNotices(
  { notices }: Pick<Dependencies, 'notices'>,
  { organization, id: enrollmentId, subscriber: { id: subscriberId } }: Enrollment,
): Promise<Pick<Dossier, 'notices' | 'earlierNotices'>> {
  const told: Dossier['notices'] = [];
  let cursor: string | undefined;
  do {
    const query = { organization, subscriberId, limit: noticesAtOnce };
    const page = await notices.list({ ...query, ...(cursor !== undefined && { cursor }) });
    const own = page.items.filter(({ id }) => id.startsWith(`${enrollmentId}.`));
    told.push(...own.map(({ id, time, subject, text }) => ({ id, time, subject, text })));
    cursor = page.cursor;
  } while (cursor !== undefined && told.length <= mostNotices);
  return {
    notices: told.slice(0, mostNotices).reverse(),
    earlierNotices: told.length > mostNotices,
  };
}
