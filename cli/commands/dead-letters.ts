import { routes } from '#contract/routes.ts';
import { fingerprint, newId } from '#crypto/identifiers.ts';
import { ArgumentsError, command } from '../command.ts';
import { jsonOption, pageOptions } from '../options.ts';
import { exitStatus } from '../output.ts';
import type { Client } from '../server/client.ts';
import { showPages } from '../server/pages.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';
import { confirmed, yesOption } from '../terminal/confirm.ts';
import { type Column, table } from '../terminal/table.ts';

const columns: readonly Column[] = [
  { heading: 'ID', least: 30 },
  { heading: 'SINCE', least: 16 },
  { heading: 'GIVEN UP BY', least: 20 },
  { heading: 'EVENT', least: 24 },
  { heading: 'CODE', least: 20 },
  { heading: 'ENROLLMENT' },
];

/** Lists the events that were given up. */
export const listDeadLetters = command({
  words: ['dead-letters', 'list'],
  group: 'Operate',
  summary: 'list the events that were given up',
  about: ['Lists the events that could not be handled, oldest first, with the code of what stopped each.'],
  options: { ...pageOptions, json: jsonOption, ...connectionOptions },
  exits: { 0: 'listed', 1: 'not listed', ...serverExits },
  examples: ['escrow dead-letters list'],
  async run(values, context) {
    const client = await openClient(values, context);
    await showPages(values, context.output, {
      name: 'deadLetters',
      async read(page) {
        const { deadLetters, cursor } = await client.call(routes.listDeadLetters, {
          query: page,
          paced: true,
        });
        return { items: deadLetters, cursor };
      },
      none: 'There is no dead letter.',
      asText: (items, headed) => {
        const rows = items.map(({ id, since, consumer, eventType, code, enrollmentId = '' }) => {
          return [id, since.slice(0, 16).replace('T', ' '), consumer, eventType, code, enrollmentId];
        });
        return table(columns, rows, { headed });
      },
    });
    return exitStatus.ok;
  },
});

/** Tries dead letters again. */
export const redriveDeadLetters = command({
  words: ['dead-letters', 'redrive'],
  group: 'Operate',
  summary: 'try a dead letter again, or all of them',
  about: ['Puts an event that was given up back into its queue, once what stopped it is mended.'],
  operand: { name: 'DEAD-LETTER' },
  options: {
    all: { type: 'boolean', says: 'every dead letter there is now' },
    yes: { ...yesOption, says: 'with --all: do it without asking' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: { 0: 'put back', 1: 'not put back', ...serverExits },
  examples: [
    'escrow dead-letters redrive dlq_7w5d3xn6ypb2mtcvfqa4hq2kzr',
    'escrow dead-letters redrive --all',
  ],
  async run({ all, yes, ...values }, context, deadLetterId) {
    if ((deadLetterId === '') !== (all === true)) {
      throw new ArgumentsError({ why: 'One dead letter must be given, or --all.' });
    }
    const { output } = context;
    const client = await openClient(values, context);
    const ids = all === true ? await everyId(client) : [deadLetterId];
    if (all === true && ids.length > 0 && !(await confirmed(`Try ${ids.length} again?`, yes))) {
      return exitStatus.no;
    }
    const run = values['idempotency-key'] ?? newId('cli');
    for (const id of ids) {
      // Each is a change of its own: one key for two of them would be refused.
      const idempotencyKey = fingerprint([run, id]);
      await client.call(routes.redriveDeadLetter, {
        params: { deadLetterId: id },
        idempotencyKey,
        paced: true,
      });
    }
    output.message(ids.length === 0 ? 'There is no dead letter.' : `Back in the queue: ${ids.length}.`);
    return exitStatus.ok;
  },
});

async function everyId(client: Client): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: '200', ...(cursor !== undefined && { cursor }) };
    const page = await client.call(routes.listDeadLetters, { query });
    ids.push(...page.deadLetters.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}
