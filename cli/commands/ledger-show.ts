import { routes } from '#contract/routes.ts';
import { ArgumentsError, command } from '../command.ts';
import { jsonOption, pageOptions } from '../options.ts';
import { exitStatus } from '../output.ts';
import { showPages } from '../server/pages.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { describeEntry } from '../views/ledger-entry.ts';

/** Shows entries of the ledger. */
export const ledgerShow = command({
  words: ['ledger', 'show'],
  group: 'Operate',
  summary: 'show what was done and refused',
  about: [
    'Shows entries of the ledger, oldest first: what was done, refused or failed, when, by whom, why, and by which policy. Of one enrollment, of a subscriber (the own enrollments, and what that person asked), or of whoever asked; all, or only what was refused.',
  ],
  options: {
    enrollment: { type: 'string', value: 'ID', says: 'of this enrollment only' },
    subscriber: { type: 'string', value: 'ID', says: 'of this subscriber only' },
    principal: { type: 'string', value: 'ID', says: 'of what this person or machine asked only' },
    refused: { type: 'boolean', says: 'only what was refused' },
    ...pageOptions,
    json: jsonOption,
    ...connectionOptions,
  },
  exits: { 0: 'shown', 1: 'not shown', ...serverExits },
  examples: [
    'escrow ledger show --enrollment enr_4hq2kzr7w5d3xn6ypb2mtcvfqa',
    ['escrow ledger show --refused --all', 'every refusal'],
    'escrow ledger show --subscriber ada.obrien --json',
  ],
  async run({ enrollment, subscriber, principal, refused, ...values }, context) {
    const whose = [enrollment, subscriber, principal].filter((each) => each !== undefined);
    if (whose.length > 1) {
      throw new ArgumentsError({ why: 'One of --enrollment, --subscriber and --principal may be given.' });
    }
    const filter = {
      ...(enrollment !== undefined && { enrollmentId: enrollment }),
      ...(subscriber !== undefined && { subscriberId: subscriber }),
      ...(principal !== undefined && { principal }),
      ...(refused === true && { refused: 'true' as const }),
    };
    const client = await openClient(values, context);
    await showPages(values, context.output, {
      name: 'entries',
      async read(page) {
        const query = { ...filter, ...page };
        const { entries: items, cursor } = await client.call(routes.findEntries, { query, paced: true });
        return { items, cursor };
      },
      none: 'There is no such entry.',
      asText: (items) => items.map(describeEntry).join('\n\n'),
    });
    return exitStatus.ok;
  },
});
