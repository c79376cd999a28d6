import { parse } from '#contract/parse.ts';
import { policySettingsSchema } from '#contract/policy-settings.ts';
import { routes } from '#contract/routes.ts';
import type { PolicySettings } from '#domain/organization.ts';
import { ArgumentsError, command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readJsonFile } from '../read-file.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { describeOrganization } from '../views/organization.ts';

/** Shows how the organization is set up. */
export const showOrganization = command({
  words: ['organization', 'show'],
  group: 'Organization',
  summary: 'show how the organization is set up',
  about: [
    'Shows name, contact, the keys that receipts are signed by and backups sealed to, and the policy: which keys may leave custody and which are escrowed, what copies may be written as, and the rules for passwords.',
  ],
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'shown', 1: 'not shown', ...serverExits },
  examples: ['escrow organization show'],
  async run({ json, ...values }, context) {
    const client = await openClient(values, context);
    const organization = await client.call(routes.showOrganization);
    if (json === true) await writeJson(context.output, organization);
    else await context.output.data(describeOrganization(organization));
    return exitStatus.ok;
  },
});

/** Changes name, contact or policy of the organization. */
export const setOrganization = command({
  words: ['organization', 'set'],
  group: 'Organization',
  summary: 'change name, contact or policy',
  about: [
    'Changes what is named, and leaves the rest, unless somebody else changed the organization at the same moment. A policy applies to enrollments and exports from then on; what a key was made as never changes.',
    'A policy is one whole file, of which policies/general.json is an example: begin with a copy of it, or with the policy in force, which organization show --json prints under "policy". Give it a version of its own, and change what is to change; "profiles": ["modern", "compatible"] lets subscribers take copies for old systems.',
  ],
  options: {
    name: { type: 'string', value: 'NAME', says: 'its name, as certificate requests show it' },
    contact: { type: 'string', value: 'CONTACT', says: 'whom a refusal names' },
    policy: {
      type: 'string',
      value: 'FILE',
      says: 'its policy, as policies/general.json is written, under a version of its own',
    },
    json: { ...jsonOption, says: 'print the organization as JSON' },
    ...connectionOptions,
  },
  exits: { 0: 'changed', 1: 'not changed', ...serverExits },
  examples: [
    "escrow organization set --contact 'Help desk, +1 555 0100'",
    [
      'escrow organization set --policy own-policy.json',
      'after: cp policies/general.json own-policy.json, and a change of it',
    ],
  ],
  async run({ name, contact, policy: file, json, ...values }, context) {
    if (name === undefined && contact === undefined && file === undefined) {
      throw new ArgumentsError({ why: 'Something to change must be named: --name, --contact or --policy.' });
    }
    const policy = file === undefined ? undefined : await readPolicy(file);
    const client = await openClient(values, context);
    const { version } = await client.call(routes.showOrganization);
    const organization = await client.call(routes.changeSettings, {
      headers: { 'if-match': `"${version}"` },
      body: {
        ...(name !== undefined && { name }),
        ...(contact !== undefined && { contact }),
        ...(policy !== undefined && { policy }),
      },
    });
    context.output.message('Changed.');
    if (json === true) await writeJson(context.output, organization);
    return exitStatus.ok;
  },
});

/** A policy from a file. @throws InputError `invalid-input` naming each field; SetUpError `usage` for the file */
export async function readPolicy(file: string): Promise<PolicySettings> {
  return parse(policySettingsSchema, await readJsonFile(file));
}
