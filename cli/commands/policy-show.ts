import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { linesOf, tellPolicy } from '../views/published-policy.ts';

/** Shows the policy that decides, and what is proposed. */
export const policyShow = command({
  words: ['policy', 'show'],
  group: 'Organization',
  summary: 'show the policy that decides, and what is proposed',
  about: [
    'Shows which version of the policy decides, since when and by whose decision, its text, and what is proposed in its place. With --json, the tests of each too.',
  ],
  options: {
    proposal: { type: 'boolean', says: 'print the text that is proposed, and no other' },
    json: jsonOption,
    ...connectionOptions,
  },
  exits: { 0: 'shown', 1: 'not shown, or nothing is proposed', ...serverExits },
  examples: ['escrow policy show', ['escrow policy show --proposal', 'what there is to approve']],
  async run({ proposal: proposedAlone, json, ...values }, context) {
    const { output } = context;
    const client = await openClient(values, context);
    const { present, proposal } = await client.call(routes.showPolicy);
    if (proposedAlone === true && proposal === undefined) {
      output.message('Nothing is proposed.');
      return exitStatus.no;
    }
    const shown = proposedAlone === true && proposal !== undefined ? proposal : { present, proposal };
    if (json === true) await writeJson(output, shown);
    else if ('cedar' in shown) await output.data(linesOf(shown.cedar).join('\n'));
    else await output.data(tellPolicy(shown));
    return exitStatus.ok;
  },
});
