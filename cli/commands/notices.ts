import { routes } from '#contract/routes.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption, pageOptions } from '../options.ts';
import { exitStatus } from '../output.ts';
import { showPages } from '../server/pages.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';

/** Lists what subscribers were told. */
export const notices = command({
  words: ['notices'],
  group: 'Enroll',
  summary: 'list what subscribers were told',
  about: ['Lists what subscribers were told, newest first: a subscriber the own notices.'],
  options: {
    subscriber: { type: 'string', value: 'ID', says: 'to this subscriber only' },
    ...pageOptions,
    json: jsonOption,
    ...connectionOptions,
  },
  exits: { 0: 'listed', 1: 'not listed', ...serverExits },
  examples: ['escrow notices --limit 5'],
  async run({ subscriber, ...values }, context) {
    const client = await openClient(values, context);
    const filter = subscriber === undefined ? {} : { subscriberId: subscriber };
    await showPages(values, context.output, {
      name: 'notices',
      async read(page) {
        const query = { ...filter, ...page };
        const { notices: items, cursor } = await client.call(routes.listNotices, { query, paced: true });
        return { items, cursor };
      },
      none: 'There is no notice.',
      asText: (items) => items.map(described).join('\n\n'),
    });
    return exitStatus.ok;
  },
});

interface Notice {
  time: string;
  subscriberId: string;
  subject: string;
  text: string;
}

function described({ time, subscriberId, subject, text }: Notice): string {
  const lines = text.trimEnd().split('\n');
  return [`${time}  to ${subscriberId}: ${subject}`, ...lines.map((line) => `  ${line}`)]
    .map(printable)
    .join('\n');
}
