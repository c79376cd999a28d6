import { routes } from '#contract/routes.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption, pageOptions } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
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
  async run({ subscriber, json, ...values }, context) {
    const { output } = context;
    const client = await openClient(values, context);
    const filter = subscriber === undefined ? {} : { subscriberId: subscriber };
    let shown = 0;
    await showPages(
      values,
      output,
      async (page) => {
        const found = await client.call(routes.listNotices, { query: { ...filter, ...page } });
        return { items: found.notices, cursor: found.cursor };
      },
      async (items, _first, cursor) => {
        shown += items.length;
        if (json === true && values.all === true) {
          for (const notice of items) await output.data(JSON.stringify(notice));
        } else if (json === true) {
          await writeJson(output, { notices: items, ...(cursor !== undefined && { cursor }) });
        } else if (items.length > 0) await output.data(items.map(described).join('\n\n'));
      },
    );
    if (shown === 0) output.message('There is no notice.');
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
