import type { OrganizationView } from '#contract/api/organization.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { printable } from '#domain/plain-words.ts';

/** An organization for people to read: every choice of its policy in words. */
export function describeOrganization(organization: OrganizationView): string {
  const { id, name, contact, custody, receiptKeyId, recoveryKey, policy } = organization;
  const { exportable, passwordRules } = policy;
  const lines = [
    `${name} (${id}), version ${organization.version}`,
    `  contact       ${contact}`,
    `  custody       ${custody}`,
    `  recovery key  ${String(recoveryKey['kid'] ?? '(unnamed)')}`,
    `  receipt key   ${receiptKeyId}`,
    `  policy        ${policy.version}`,
    `    identity keys may leave       ${leaving(exportable.identity)}`,
    `    encryption keys may leave     ${leaving(exportable.encryption)}`,
    `    identity keys are escrowed    never`,
    `    encryption keys are escrowed  ${escrowing(policy)}`,
    `    copies may be                 ${copies(policy)}`,
    `    keys without a lock           ${policy.heldAllowed ? 'allowed, for encryption' : 'not allowed'}`,
    `    passwords                     ${passwordRules.minimumLength} to ${passwordRules.maximumLength} characters`,
  ];
  return lines.map(printable).join('\n');
}

type Policy = OrganizationView['policy'];

function leaving(exportable: Record<string, boolean>): string {
  const those = (may: boolean) =>
    Object.keys(exportable).filter((assurance) => exportable[assurance] === may);
  const [yes, no] = [those(true), those(false)];
  if (yes.length === 0) return 'never';
  return no.length === 0 ? `at ${yes.join(', ')}` : `at ${yes.join(', ')}; not at ${no.join(', ')}`;
}

function escrowing({ escrow, retentionDays }: Policy): string {
  return escrow.encryption
    ? `yes, and locked for ${retentionDays} day${retentionDays === 1 ? '' : 's'}`
    : 'no';
}

/** In the order of the profiles themselves. */
function copies({ profiles }: Policy): string {
  const allowed = pfxProfiles.filter((profile) => profiles.includes(profile));
  const others = pfxProfiles.filter((profile) => !profiles.includes(profile));
  return others.length === 0 ? allowed.join(', ') : `${allowed.join(', ')}; not ${others.join(', ')}`;
}
