import type { PolicySettings } from './organization.ts';

/**
 * The organization that the service enrolls for itself, to see each day whether what it escrows can be opened. An identifier
 * begins with a letter or a digit, so no organization can be set up under this name, and no token or request can name it.
 */
export const canaryOrganization = '_canary';

export function isCanary(organization: string): boolean {
  return organization === canaryOrganization;
}

/** Organizations but that of the canaries: those that somebody set up. */
export function withoutCanary(organizations: readonly string[]): string[] {
  return organizations.filter((each) => !isCanary(each));
}

/**
 * What a canary is asked for as, but for its day and its keys. Nothing else is taken for one: a workflow that may put requests on
 * a bus can put there what it wants.
 */
export const canaryRequest = {
  purpose: 'encryption',
  keySpec: 'ECC_NIST_P256',
  assurance: 'medium',
} as const;

/** What the canary of a day is called: so there is one. */
export function canaryName(now: Date): string {
  return `canary-${now.toISOString().slice(0, 10)}`;
}

const never = { medium: false, 'medium-token': false, 'medium-hardware': false } as const;

/**
 * What the canaries are kept by: as an organization's encryption keys are, but for a short retention. Nothing of anybody's is
 * in them, so they shall not keep a vault from being taken down for years.
 */
export const canaryPolicy: PolicySettings = {
  version: 'canary-1',
  exportable: { identity: never, encryption: { ...never, medium: true } },
  escrow: { identity: false, encryption: true },
  profiles: ['modern'],
  heldAllowed: false,
  passwordRules: { minimumLength: 12, maximumLength: 128 },
  retentionDays: 30,
};
