import * as v from 'valibot';
import { moment } from '#contract/api/fields.ts';
import { parse } from '#contract/parse.ts';

/** What an operator wants sealed that was given up: an organization's entries from a time on. */
export interface SealingOrder {
  organization: string;
  /** ISO 8601 */
  from: string;
}

const orderSchema = v.object({
  seal: v.strictObject({ organization: v.pipe(v.string(), v.maxLength(128)), from: moment }),
});

/**
 * Reads an order, as `{"seal": {"organization": "acme", "from": TIME}}`; the empty organization is that of entries which name none.
 * @param event that the function was set to work with
 * @returns undefined if that is no such order, but a batch of the stream
 * @throws InputError `invalid-input` for an order that cannot be read
 */
export function orderedSealing(event: unknown): SealingOrder | undefined {
  if (typeof event !== 'object' || event === null || !('seal' in event)) return undefined;
  const { organization, from } = parse(orderSchema, event).seal;
  return { organization, from: new Date(from).toISOString() };
}
