import type { Enrollment } from '#domain/enrollment.ts';
import type { EnrollmentQuery, Page, Registry } from '#ports/registry.ts';
import type { ReconcileRequest } from './needs.ts';

const pageSize = 100;

/** What is asked of the registry, page by page. @param after an id; those up to it are passed over */
export function enrollmentsIn(
  registry: Registry,
  query: Omit<EnrollmentQuery, 'limit' | 'cursor'>,
  { after = '', limit = pageSize } = {},
): AsyncGenerator<Enrollment> {
  return each((cursor) => registry.enrollments({ ...query, limit, ...(cursor !== '' && { cursor }) }), after);
}

/** Everything on pages that follow each other. */
export async function* each<T>(read: (cursor: string) => Promise<Page<T>>, from = ''): AsyncGenerator<T> {
  let cursor = from;
  do {
    const page = await read(cursor);
    yield* page.items;
    cursor = page.cursor ?? '';
  } while (cursor !== '');
}

export function hasTime({ hasTime: isLeft }: ReconcileRequest): boolean {
  return isLeft === undefined || isLeft();
}
