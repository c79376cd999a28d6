import type { OrganizationView } from '#contract/api/organization.ts';
import { printable } from '#domain/plain-words.ts';

/** An organization for people to read. */
export function describeOrganization(organization: OrganizationView): string {
  const { id, name, contact, custody, receiptKeyId, recoveryKey, policy, retentionDays } = organization;
  const lines = [
    `${name} (${id}), version ${organization.version}`,
    `  contact       ${contact}`,
    `  custody       ${custody}`,
    `  recovery key  ${String(recoveryKey['kid'] ?? '(unnamed)')}`,
    `  receipt key   ${receiptKeyId}`,
    `  retention     ${retentionDays} day${retentionDays === 1 ? '' : 's'}`,
    `  policy        ${policy.version}${publishing(policy)}`,
    ...(policy.document === undefined ? [] : [`    SHA-256     ${policy.document}`]),
  ];
  return lines.map(printable).join('\n');
}

function publishing({ publishedAt, proposedBy, approvedBy }: OrganizationView['policy']): string {
  if (publishedAt === undefined || proposedBy === undefined) return ', settings of before';
  const approval = approvedBy === undefined ? '' : `, approved by ${approvedBy}`;
  return `, published ${publishedAt} by ${proposedBy}${approval}`;
}
