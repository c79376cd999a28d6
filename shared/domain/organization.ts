import type { DomainEvent } from './events.ts';
import type { PfxProfile } from './pfx-profile.ts';
import type { PasswordRules } from './policy.ts';
import type { PublicJwk } from './public-jwk.ts';
import type { Assurance, Custody, Purpose } from './purpose.ts';
import type { Webhook } from './webhook.ts';

/** What an organization may choose. The floors of `floors.ts` hold whatever it chooses. */
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
  policy: PolicySettings;
  /** Where its events are sent; absent for nowhere. */
  webhooks?: readonly Webhook[];
  /** What happened with this version; replaced by the next write. */
  events: readonly DomainEvent[];
}

/** What may change once an organization was set up. Its custody, its receipt key and its recovery key never do. */
export type OrganizationChange = Partial<
  Pick<Organization, 'name' | 'contact' | 'policy' | 'webhooks' | 'events'>
>;

/** The next version of an organization; it carries the events of this change and no older ones. */
export function advanceOrganization(organization: Organization, change: OrganizationChange): Organization {
  return { ...organization, events: [], ...change, version: organization.version + 1 };
}
