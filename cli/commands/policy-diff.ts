import { routes } from '#contract/routes.ts';
import { StateError } from '#domain/errors.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { Tally } from '../policies/differences.ts';
import { readGoodPolicy } from '../policies/read-folder.ts';
import type { Client } from '../server/client.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { progress } from '../terminal/progress.ts';
import { tellDifferences } from '../views/differences.ts';

/** Says what another policy would change for the enrollments there are. */
export const policyDiff = command({
  words: ['policy', 'diff'],
  group: 'Organization',
  summary: 'say what another policy would change for the enrollments there are',
  about: [
    'Evaluates every enrollment by the policy that decides and by the one in DIR, or without DIR by the one that is proposed, and says for how many something would change: copies that are no longer given, or now are, escrow that is required, or no more, keys that would not be made any more; with some of them as examples. Nothing is changed.',
    'Groups of subscribers are known from their tokens alone: here everybody is in none.',
  ],
  operand: { name: 'DIR' },
  options: {
    json: { ...jsonOption, says: 'print every enrollment for which something would change, as JSON' },
    ...connectionOptions,
  },
  exits: { 0: 'said', 1: 'not said', ...serverExits },
  examples: ['escrow policy diff', ['escrow policy diff own-policy', 'before it is proposed']],
  async run({ json, ...values }, context, folder) {
    const cedar = folder === '' ? undefined : (await readGoodPolicy(folder)).cedar;
    const client = await openClient(values, context);
    const tally = await compareAll(client, cedar);
    if (json === true) await writeJson(context.output, tally.asJson());
    else await context.output.data(tellDifferences(tally));
    return exitStatus.ok;
  },
});

/** The states of enrollments that a policy can still change anything for. */
const concerned = ['accepted', 'awaiting-subscriber', 'making', 'ready'] as const;

/** Asks page by page. @throws StateError `precondition-failed` if either policy is another one before the end */
async function compareAll(client: Client, cedar: string | undefined): Promise<Tally> {
  const { enrollments: counts } = await client.call(routes.readStatus);
  const total = concerned.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const line = progress({ noun: 'enrollments', total });
  const tally = new Tally();
  let cursor: string | undefined;
  try {
    do {
      const query = { limit: '200', ...(cursor !== undefined && { cursor }) };
      const body = cedar === undefined ? {} : { cedar };
      const page = await client.call(routes.comparePolicy, { query, body, paced: true });
      if (!tally.add(page)) throw new StateError('precondition-failed', changedMeanwhile);
      line.at(tally.evaluated);
      cursor = page.cursor;
    } while (cursor !== undefined);
  } finally {
    line.end();
  }
  return tally;
}

const changedMeanwhile = {
  why: 'The policy, or the proposal, was changed while they were compared.',
  next: 'Run the same again.',
};
