import { routes } from '#contract/routes.ts';
import { printable } from '#domain/plain-words.ts';
import { ArgumentsError, command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, type Output, writeJson } from '../output.ts';
import { readGoodPolicy } from '../policies/read-folder.ts';
import type { Client } from '../server/client.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';

const options = { json: { ...jsonOption, says: 'print the proposal as JSON' }, ...connectionOptions };
const exits = { 0: 'proposed', 1: 'not proposed', ...serverExits };

/** Proposes a policy, for another administrator to approve. */
export const policyPublish = command({
  words: ['policy', 'publish'],
  group: 'Organization',
  summary: 'propose a policy; another administrator approves it',
  about: [
    'Checks the policy in DIR as escrow policy check does, and proposes it in place of the one that decides, and of whatever was proposed before. Nothing is decided by it until another administrator approves it: nobody approves the own proposal.',
    'Look first at what it would change: escrow policy diff DIR.',
  ],
  operand: { name: 'DIR', required: 'Exactly one folder with a policy must be named.' },
  options,
  exits,
  examples: ['escrow policy publish own-policy'],
  async run({ json, ...values }, context, folder) {
    const policy = await readGoodPolicy(folder);
    const client = await openClient(values, context);
    await propose(client, context.output, { cedar: policy.cedar, tests: policy.tests }, json);
    return exitStatus.ok;
  },
});

/** Proposes an earlier version once more. */
export const policyRollback = command({
  words: ['policy', 'rollback'],
  group: 'Organization',
  summary: 'propose an earlier version of the policy once more',
  about: [
    'Proposes the policy that an earlier version was, as escrow policy history lists them. It is checked anew, approved by another administrator as any other, and becomes the next version.',
  ],
  operand: { name: 'VERSION', required: 'Exactly one version must be named.' },
  options,
  exits,
  examples: ['escrow policy rollback 3'],
  async run({ json, ...values }, context, version) {
    if (version.length > 64) throw new ArgumentsError({ why: 'No version has so long a name.' });
    const client = await openClient(values, context);
    await propose(client, context.output, { version }, json);
    return exitStatus.ok;
  },
});

async function propose(
  client: Client,
  output: Output,
  body: { version: string } | { cedar: string; tests: unknown },
  json: boolean | undefined,
): Promise<void> {
  const proposal = await client.call(routes.proposePolicy, { body });
  output.message(
    printable(
      `Proposed, in place of version ${proposal.replaces}. Another administrator looks at what it changes by escrow policy diff, and approves it by escrow policy approve ${proposal.document}`,
    ),
  );
  if (json === true) await writeJson(output, proposal);
  else await output.data(proposal.document);
}
