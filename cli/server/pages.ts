import { SetUpError } from '#domain/errors.ts';
import { type Output, writeJson } from '../output.ts';

/** The options of a list that say how it goes on, and how it is shown. */
export interface PageValues {
  limit?: string | undefined;
  cursor?: string | undefined;
  all?: boolean | undefined;
  json?: boolean | undefined;
}

/** One page of a list, as a route answers it. */
export interface Page<T> {
  items: readonly T[];
  cursor: string | undefined;
}

/** A list that is read page by page. */
export interface Listing<T> {
  /** The member that holds the items where a page is shown as JSON. */
  name: string;
  read(page: { limit?: string; cursor?: string }): Promise<Page<T>>;
  /** Some items for people to read. @param first whether they begin the list, and so need headings */
  asText(items: readonly T[], first: boolean): string;
  /** What is said where the list is empty. */
  none: string;
}

const largestPage = 200;

/**
 * Shows a list: one page, and how it goes on; or every page, one after another, as they come. As JSON, a page is one
 * object, and every page together is one item a line, so that whoever reads need not wait for the end.
 * @throws SetUpError `usage` for a limit that is none; what `read` and the output throw
 */
export async function showPages<T>(values: PageValues, output: Output, listing: Listing<T>): Promise<void> {
  checkLimit(values.limit);
  let shown = 0;
  let cursor = values.cursor;
  do {
    const page = await listing.read(pageOf(values, cursor));
    await showPage(values, output, listing, page, shown === 0);
    shown += page.items.length;
    cursor = page.cursor;
  } while (cursor !== undefined && values.all === true && !output.isClosed());
  if (shown === 0) output.message(listing.none);
  if (cursor !== undefined && values.all !== true) {
    output.message(`There may be more: --all, or --cursor ${cursor}`);
  }
}

function pageOf({ limit, all }: PageValues, cursor: string | undefined): { limit?: string; cursor?: string } {
  const size = limit ?? (all === true ? String(largestPage) : undefined);
  return { ...(size !== undefined && { limit: size }), ...(cursor !== undefined && { cursor }) };
}

async function showPage<T>(
  { all, json }: PageValues,
  output: Output,
  { name, asText }: Listing<T>,
  { items, cursor }: Page<T>,
  first: boolean,
): Promise<void> {
  if (json === true && all === true) {
    for (const item of items) await output.data(JSON.stringify(item));
  } else if (json === true) {
    await writeJson(output, { [name]: items, ...(cursor !== undefined && { cursor }) });
  } else if (items.length > 0) {
    await output.data(asText(items, first));
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
