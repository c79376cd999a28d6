import type { DomainEvent } from './events.ts';
import type { PfxProfile } from './pfx-profile.ts';
import type { PasswordRules } from './policy.ts';
import type { PublicJwk } from './public-jwk.ts';
import type { Assurance, Custody, Purpose } from './purpose.ts';
import type { Webhook } from './webhook.ts';

/** The policy that an organization decides by: a document that is stored by its name, and whose decision it was. */
export interface PublishedPolicy {
  /** `1`, `2`, ...: decisions and receipts carry it. */
  version: string;
  /** The document's name: its SHA-256, hex. */
  document: string;
  /** ISO 8601 */
  publishedAt: string;
  /** The subject of the administrator who brought it. */
  proposedBy: string;
  /** Of another one, who agreed; absent for the policy that an organization was set up with. */
  approvedBy?: string;
}

/** A policy that one administrator proposed, and no other has approved yet. Nothing is decided by it. */
export interface PolicyProposal {
  /** The document's name: its SHA-256, hex. */
  document: string;
  /** The administrator's subject. */
  proposedBy: string;
  /** What the issuer itself calls that administrator, where that is another name; told to nobody. */
  issuerSubject?: string;
  /** ISO 8601 */
  proposedAt: string;
  /** The version that it is to take the place of. */
  replaces: string;
}

/** What an organization chose before policies were written in Cedar. The floors of `floors.ts` hold whatever it chose. */
export interface PolicySettings {
  /** Names this set of choices; decisions and receipts carry it. */
  version: string;
  /** Whether the private key may leave custody, by purpose and assurance. */
  exportable: Readonly<Record<Purpose, Readonly<Record<Assurance, boolean>>>>;
  /** Whether the private key is escrowed, by purpose. A signature key never is, whatever stands here. */
  escrow: Readonly<Record<Purpose, boolean>>;
  /** What a subscriber copy may be written as. */
  profiles: readonly PfxProfile[];
  /** Whether an encryption key may be kept without a subscriber's lock. */
  heldAllowed: boolean;
  passwordRules: PasswordRules;
  /** How long an escrowed backup is locked, in days. */
  retentionDays: number;
}

/** The organization that keys are kept for: one aggregate, one record. */
export interface Organization {
  type: 'organization';
  organization: string;
  /** Always `organization`: there is one per organization. */
  id: 'organization';
  version: number;
  name: string;
  /** Whom a refusal names. */
  contact: string;
  /** Where the keys of new enrollments live. */
  custody: Custody;
  /** Names the key that receipts are signed by (its RFC 7638 thumbprint): custody without it is another custody. */
  receiptKeyId: string;
  /** The public half of the recovery key (RFC 7517); the private half never enters the service. */
  recoveryKey: PublicJwk;
  /** Settings, of an organization that was set up before policies were written in Cedar. */
  policy: PublishedPolicy | PolicySettings;
  /** What is to become its policy; absent for nothing. */
  proposal?: PolicyProposal | undefined;
  /** How long an escrowed backup is locked, in days; `retentionDaysOf` says it for all. */
  retentionDays?: number;
  /** Where its events are sent; absent for nowhere. */
  webhooks?: readonly Webhook[];
  /** What happened with this version; replaced by the next write. */
  events: readonly DomainEvent[];
}

/** What may change once an organization was set up. Its custody, its receipt key and its recovery key never do. */
export type OrganizationChange = Partial<
  Pick<
    Organization,
    'name' | 'contact' | 'receiptKeyId' | 'policy' | 'proposal' | 'retentionDays' | 'webhooks' | 'events'
  >
>;

/** Whether an organization still decides by settings. */
export function isSettings(policy: Organization['policy']): policy is PolicySettings {
  return 'exportable' in policy;
}

/** How long an escrowed backup is locked unless its organization says otherwise, in days: three years. */
export const usualRetentionDays = 1_095;

/** How long an organization's escrowed backups are locked, in days. What it says itself goes before its settings of old. */
export function retentionDaysOf({
  policy,
  retentionDays,
}: Pick<Organization, 'policy' | 'retentionDays'>): number {
  return retentionDays ?? (isSettings(policy) ? policy.retentionDays : usualRetentionDays);
}

/** The next version of an organization; it carries the events of this change and no older ones. */
export function advanceOrganization(organization: Organization, change: OrganizationChange): Organization {
  return { ...organization, events: [], ...change, version: organization.version + 1 };
}
