import type { OrganizationView } from '#contract/api/organization.ts';
import { parse } from '#contract/parse.ts';
import { policySettingsSchema } from '#contract/policy-settings.ts';
import { routes } from '#contract/routes.ts';
import type { PolicySettings } from '#domain/organization.ts';
import { printable } from '#domain/plain-words.ts';
import { ArgumentsError, command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readJsonFile } from '../read-file.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';

/** Shows how the organization is set up. */
export const showOrganization = command({
  words: ['organization', 'show'],
  group: 'Organization',
  summary: 'show how the organization is set up',
  about: ['Shows name, contact, policy, and the keys that receipts are signed by and backups sealed to.'],
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
    'escrow organization set --policy policies/strict.json',
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

/** An organization for people to read: what its policy says in words. */
export function describeOrganization(organization: OrganizationView): string {
  const { id, name, contact, custody, receiptKeyId, recoveryKey, policy } = organization;
  const { exportable, escrow, passwordRules } = policy;
  const allowed = (of: Record<string, boolean>) =>
    Object.entries(of)
      .filter(([, yes]) => yes)
      .map(([assurance]) => assurance)
      .join(', ') || 'never';
  const lines = [
    `${name} (${id}), version ${organization.version}`,
    `  contact       ${contact}`,
    `  custody       ${custody}`,
    `  recovery key  ${String(recoveryKey['kid'] ?? '(unnamed)')}`,
    `  receipt key   ${receiptKeyId}`,
    `  policy        ${policy.version}`,
    `    identity keys may leave at    ${allowed(exportable.identity)}`,
    `    encryption keys may leave at  ${allowed(exportable.encryption)}`,
    `    encryption keys are escrowed  ${escrow.encryption ? 'yes' : 'no'}`,
    `    keys without a lock           ${policy.heldAllowed ? 'allowed, for encryption' : 'not allowed'}`,
    `    passwords                     ${passwordRules.minimumLength} to ${passwordRules.maximumLength} characters`,
    `    backups are kept for          ${policy.retentionDays} days`,
  ];
  return lines.map(printable).join('\n');
}
