import { SetUpError } from '#domain/errors.ts';
import type { Output } from '../output.ts';

export interface PageValues {
  limit?: string | undefined;
  cursor?: string | undefined;
  all?: boolean | undefined;
}

/** One page of a list, as a route answers it. */
export interface Page<T> {
  items: readonly T[];
  cursor: string | undefined;
}

const largestPage = 200;

/**
 * Shows a list: one page, and how it goes on; or all pages, one after another.
 * @param read asks for a page
 * @param show shows the items of one page; `first` is true for the first
 * @throws SetUpError `usage` for a limit that is none; what `read` and `show` throw
 */
export async function showPages<T>(
  { limit, cursor, all }: PageValues,
  output: Output,
  read: (page: { limit?: string; cursor?: string }) => Promise<Page<T>>,
  show: (items: readonly T[], first: boolean, cursor: string | undefined) => Promise<void>,
): Promise<void> {
  checkLimit(limit);
  const size = limit ?? (all === true ? String(largestPage) : undefined);
  let from = cursor;
  for (let first = true; ; first = false) {
    const page = await read({
      ...(size !== undefined && { limit: size }),
      ...(from !== undefined && { cursor: from }),
    });
    await show(page.items, first, page.cursor);
    if (page.cursor === undefined || output.isClosed()) return;
    if (all !== true) {
      output.message(`There may be more: --all, or --cursor ${page.cursor}`);
      return;
    }
    from = page.cursor;
  }
}

function checkLimit(limit: string | undefined): void {
  if (limit === undefined || (/^[1-9]\d{0,2}$/.test(limit) && Number(limit) <= largestPage)) return;
  throw new SetUpError('usage', {
    field: '--limit',
    why: `it is not a number from 1 to ${largestPage}`,
    next: 'Use --all for everything.',
  });
}
