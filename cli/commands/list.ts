import { routes } from '#contract/routes.ts';
import { enrollmentStates } from '#domain/enrollment.ts';
import { purposes } from '#domain/purpose.ts';
import { command } from '../command.ts';
import { jsonOption, pageOptions } from '../options.ts';
import { exitStatus } from '../output.ts';
import { showPages } from '../server/pages.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { enrollmentTable } from '../views/enrollment.ts';

/** Lists enrollments: a subscriber the own ones, others those of the organization. */
export const list = command({
  words: ['list'],
  group: 'Enroll',
  summary: 'list enrollments',
  about: ['Lists enrollments: a subscriber the own ones, others those of the organization.'],
  options: {
    subscriber: { type: 'string', value: 'ID', says: 'of this subscriber only' },
    state: {
      type: 'string',
      value: 'STATE',
      says: `in this state only: ${enrollmentStates.join(', ')}`,
      words: enrollmentStates,
    },
    purpose: {
      type: 'string',
      value: 'PURPOSE',
      says: 'of this purpose only: identity, encryption',
      words: purposes,
    },
    'escrow-due': { type: 'boolean', says: 'only those whose key is to be escrowed, and is not yet' },
    ...pageOptions,
    json: jsonOption,
    ...connectionOptions,
  },
  exits: { 0: 'listed', 1: 'not listed', ...serverExits },
  examples: ['escrow list --state awaiting-subscriber', ['escrow list --all --json | jq -r .id', 'every id']],
  async run({ subscriber, state, purpose, 'escrow-due': escrowDue, ...values }, context) {
    const client = await openClient(values, context);
    // Both are known words: the table of options saw to that, and the types do not know it.
    const filters = {
      ...(subscriber !== undefined && { subscriberId: subscriber }),
      ...(state !== undefined && { state: enrollmentStates.find((known) => known === state) }),
      ...(purpose !== undefined && { purpose: purposes.find((known) => known === purpose) }),
      ...(escrowDue === true && { escrowDue: 'true' as const }),
    };
    await showPages(values, context.output, {
      name: 'enrollments',
      async read(page) {
        const query = { ...filters, ...page };
        const { enrollments, cursor } = await client.call(routes.listEnrollments, { query, paced: true });
        return { items: enrollments, cursor };
      },
      none: 'There is no such enrollment, or none is yours to see.',
      asText: enrollmentTable,
    });
    return exitStatus.ok;
  },
});
