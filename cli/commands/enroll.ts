import { largestBatch } from '#contract/api/enrollments.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { lockKinds } from '#domain/policy.ts';
import { assurances, purposes } from '#domain/purpose.ts';
import { type Context, command } from '../command.ts';
import { type Planned, plan } from '../enroll/plan.ts';
import { readRequests } from '../enroll/read-requests.ts';
import { sayRefusedRows, showOutcomes, showPlans, statusOf, summary, tallyOf } from '../enroll/report.ts';
import type { Requests } from '../enroll/requests.ts';
import { type Outcome, submit } from '../enroll/submit.ts';
import { jsonOption } from '../options.ts';
import type { Output } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';
import { progress } from '../terminal/progress.ts';

/** Requests certificates: one by options, or many from a file. */
export const enroll = command({
  words: ['enroll'],
  group: 'Enroll',
  summary: 'request certificates: one, or a whole list',
  about: [
    'Requests certificates: for one subscriber by options, or for many from a file. A key that needs its subscriber is made once that one has signed in and set a password; escrow watch tells when.',
    `A list goes in batches of ${largestBatch}. Each row is a request by itself: what is wrong with some is told with their row, and does not stop the others. The same file run again changes nothing, so it may be broken off and run again.`,
    'CSV has the columns subscriberId, givenName, familyName, email, purposes, keySpec, assurance, as examples/subscribers.csv. JSON Lines has on each line what POST /v1/enrollments takes.',
  ],
  options: {
    csv: {
      type: 'string',
      value: 'FILE',
      says: 'a list of subscribers as CSV; - reads it from standard input',
    },
    jsonl: {
      type: 'string',
      value: 'FILE',
      says: 'requests as JSON Lines; - reads them from standard input',
    },
    subscriber: { type: 'string', value: 'ID', says: 'for one: what your organization calls the subscriber' },
    'given-name': { type: 'string', value: 'NAME', says: 'for one: the given name; none for a device' },
    'family-name': {
      type: 'string',
      value: 'NAME',
      says: 'for one: the family name, or the name of a device',
    },
    email: { type: 'string', value: 'ADDRESS', says: 'for one: where notices go' },
    purpose: {
      type: 'string',
      value: 'PURPOSE',
      says: 'for one: identity or encryption; twice for both',
      multiple: true,
      words: purposes,
    },
    'key-spec': {
      type: 'string',
      value: 'SPEC',
      says: `for one: ${keySpecNames.join(', ')}; RSA_2048 if not given`,
      words: keySpecNames,
    },
    assurance: {
      type: 'string',
      value: 'LEVEL',
      says: `for one: ${assurances.join(', ')}; medium if not given`,
      words: assurances,
    },
    lock: {
      type: 'string',
      value: 'LOCK',
      says: "for one: password, recipient or held; the subscriber's password if not given",
      words: lockKinds.filter((kind) => kind !== 'resident'),
    },
    'recipient-key': {
      type: 'string',
      value: 'FILE',
      says: 'for one: the public JWK that the key is locked to',
    },
    'dry-run': { type: 'boolean', says: 'say what policy would decide; nothing is requested' },
    json: { ...jsonOption, says: 'print what became of each as JSON; of several, one object a line' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: {
    0: 'all were taken',
    1: 'none was',
    3: 'some were not: each is told with its row',
    ...serverExits,
  },
  examples: [
    'escrow enroll --csv examples/subscribers.csv --dry-run',
    'escrow enroll --csv examples/subscribers.csv',
    'escrow enroll --subscriber eva.lund --given-name Eva --family-name Lund --email eva.lund@example.org --purpose encryption',
  ],
  async run({ json, 'dry-run': dryRun = false, ...values }, context) {
    const found = await readRequests(values);
    const client = await openClient(values, context);
    const asked = { ...found, fromFile: values.csv !== undefined || values.jsonl !== undefined };
    const outcomes = dryRun
      ? await show(asked, context, json === true, plan(client, found.requests), showPlans)
      : await show(asked, context, json === true, submit(client, found.requests), showOutcomes);
    const tally = tallyOf(outcomes, found.refused);
    context.output.message(summary(tally, dryRun));
    return statusOf(tally);
  },
});

type Asked = Requests & { fromFile: boolean };

/** Shows what becomes of requests while it does. @returns all of it */
async function show<T extends Outcome | Planned>(
  { requests, refused, fromFile }: Asked,
  { output }: Context,
  json: boolean,
  batches: AsyncGenerator<T[]>,
  asText: (outcomes: readonly T[], first: boolean, output: Output) => Promise<void>,
): Promise<T[]> {
  sayRefusedRows(refused, output);
  const line = progress({ noun: 'requests', total: requests.length });
  const all: T[] = [];
  try {
    for await (const batch of batches) {
      line.end();
      if (json)
        for (const outcome of batch) await output.data(asJson(outcome, fromFile || requests.length > 1));
      else await asText(batch, all.length === 0, output);
      all.push(...batch);
      line.at(all.length);
    }
  } finally {
    line.end();
  }
  return all;
}

/** @param ofMany whether it is one of several, each on a line of its own */
function asJson(outcome: Outcome | Planned, ofMany: boolean): string {
  const { request, ...rest } = outcome;
  return ofMany ? JSON.stringify({ row: request.row, ...rest }) : JSON.stringify(rest, null, 2);
}
