import { routes } from '#contract/routes.ts';
import { ArgumentsError, command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { describeOrganization } from '../views/organization.ts';

/** Shows how the organization is set up. */
export const showOrganization = command({
  words: ['organization', 'show'],
  group: 'Organization',
  summary: 'show how the organization is set up',
  about: [
    'Shows name, contact, the keys that receipts are signed by and backups sealed to, how long backups are locked, and which policy decides: its version, when and by whom it was published, and the SHA-256 that names it.',
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

/** Changes name, contact or retention of the organization. */
export const setOrganization = command({
  words: ['organization', 'set'],
  group: 'Organization',
  summary: 'change name, contact or retention',
  about: [
    'Changes what is named, and leaves the rest, unless somebody else changed the organization at the same moment. Backups that are locked already stay so for as long as was said when they were made.',
    'The policy is not changed here: no administrator changes it alone.',
  ],
  options: {
    name: { type: 'string', value: 'NAME', says: 'its name, as certificate requests show it' },
    contact: { type: 'string', value: 'CONTACT', says: 'whom a refusal names' },
    'retention-days': {
      type: 'string',
      value: 'DAYS',
      says: 'how long escrowed backups are locked from now on, in days',
    },
    json: { ...jsonOption, says: 'print the organization as JSON' },
    ...connectionOptions,
  },
  exits: { 0: 'changed', 1: 'not changed', ...serverExits },
  examples: ["escrow organization set --contact 'Help desk, +1 555 0100'"],
  async run({ name, contact, 'retention-days': days, json, ...values }, context) {
    if (name === undefined && contact === undefined && days === undefined) {
      throw new ArgumentsError({
        why: 'Something to change must be named: --name, --contact or --retention-days.',
      });
    }
    const retentionDays = days === undefined ? undefined : retentionOf(days);
    const client = await openClient(values, context);
    const { version } = await client.call(routes.showOrganization);
    const organization = await client.call(routes.changeSettings, {
      headers: { 'if-match': `"${version}"` },
      body: {
        ...(name !== undefined && { name }),
        ...(contact !== undefined && { contact }),
        ...(retentionDays !== undefined && { retentionDays }),
      },
    });
    context.output.message('Changed.');
    if (json === true) await writeJson(context.output, organization);
    return exitStatus.ok;
  },
});

/** @throws ArgumentsError if it is no number of days */
export function retentionOf(days: string): number {
  if (/^[1-9]\d{0,4}$/.test(days)) return Number(days);
  throw new ArgumentsError({ why: '--retention-days must be a number of days, 1 to 36500.' });
}
