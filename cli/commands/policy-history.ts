import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { jsonOption, pageOptions } from '../options.ts';
import { exitStatus } from '../output.ts';
import { showPages } from '../server/pages.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { versionTable } from '../views/published-policy.ts';

/** Lists the versions of the policy. */
export const policyHistory = command({
  words: ['policy', 'history'],
  group: 'Organization',
  summary: 'list the versions of the policy',
  about: [
    'Lists the versions of the policy, the present one first: when each was published, who proposed it and who approved it. escrow policy rollback proposes an earlier one once more.',
  ],
  options: { ...pageOptions, json: jsonOption, ...connectionOptions },
  exits: { 0: 'listed', 1: 'not listed', ...serverExits },
  examples: ['escrow policy history'],
  async run(values, context) {
    const client = await openClient(values, context);
    await showPages(values, context.output, {
      name: 'versions',
      async read(page) {
        const { versions, cursor } = await client.call(routes.listPolicyVersions, {
          query: page,
          paced: true,
        });
        return { items: versions, cursor };
      },
      none: 'There is no version.',
      asText: versionTable,
    });
    return exitStatus.ok;
  },
});
