import { routes } from '#contract/routes.ts';
import { AccessError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import type { Client } from '../server/client.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { confirmed, yesOption } from '../terminal/confirm.ts';
import { tellProposal } from '../views/published-policy.ts';

/** Approves the proposal of another administrator. */
export const policyApprove = command({
  words: ['policy', 'approve'],
  group: 'Organization',
  summary: 'approve the policy that another administrator proposed',
  about: [
    'Publishes what another administrator proposed: it decides from then on, and is applied to the enrollments there are. Name the SHA-256 of what you read, so that nothing that was proposed meanwhile is approved in its place; without it, the proposal is shown and you are asked.',
  ],
  operand: { name: 'SHA-256' },
  options: {
    yes: { ...yesOption, says: 'without a SHA-256: approve what is proposed without asking' },
    json: { ...jsonOption, says: 'print the version as JSON' },
    ...connectionOptions,
  },
  exits: { 0: 'it decides from now on', 1: 'not approved', ...serverExits },
  examples: ['escrow policy approve'],
  async run({ yes, json, ...values }, context, named) {
    const { output } = context;
    const client = await openClient(values, context);
    const document = named === '' ? await proposedOne(client, output.message.bind(output), yes) : named;
    if (document === undefined) return exitStatus.no;
    const published = await client.call(routes.approvePolicy, { body: { document } });
    output.message(
      printable(
        `Published: version ${published.version} decides from now on. Keys that are not made yet are planned anew; see escrow list --escrow-due for those that need escrow now: it is made when their subscribers next open them.`,
      ),
    );
    if (json === true) await writeJson(output, published);
    return exitStatus.ok;
  },
});

async function proposedOne(
  client: Client,
  message: (text: string) => void,
  yes: boolean | undefined,
): Promise<string | undefined> {
  const { proposal } = await client.call(routes.showPolicy);
  if (proposal === undefined) throw nothingProposed();
  for (const line of tellProposal(proposal)) message(printable(line));
  return (await confirmed('Approve it?', yes)) ? proposal.document : undefined;
}

/** Withdraws a proposal, or rejects another administrator's. */
export const policyWithdraw = command({
  words: ['policy', 'withdraw'],
  group: 'Organization',
  summary: 'withdraw what is proposed, or reject it',
  about: ['Takes back the policy that is proposed, whoever proposed it. The one that decides stays.'],
  options: { json: { ...jsonOption, says: 'print what was withdrawn as JSON' }, ...connectionOptions },
  exits: { 0: 'nothing is proposed any more', 1: 'nothing was', ...serverExits },
  examples: ['escrow policy withdraw'],
  async run({ json, ...values }, context) {
    const client = await openClient(values, context);
    const { proposal } = await client.call(routes.showPolicy);
    if (proposal === undefined) throw nothingProposed();
    const { document } = proposal;
    await client.call(routes.withdrawProposal, { params: { document } });
    context.output.message('Withdrawn: nothing is proposed any more.');
    if (json === true) await writeJson(context.output, { withdrawn: document });
    return exitStatus.ok;
  },
});

function nothingProposed(): AccessError {
  return new AccessError('not-found', {
    why: 'No policy is proposed.',
    next: 'Propose one by escrow policy publish DIR.',
  });
}
