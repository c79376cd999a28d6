/** The roles of US federal key-recovery policy that this service knows, and the machine that sends requests. */
export const roles = [
  'subscriber',
  'requestor',
  'recovery-agent',
  'recovery-official',
  'auditor',
  'administrator',
  'enrollment-workflow',
  'service',
] as const;
export type Role = (typeof roles)[number];

/** Whom something is for, as a sentence. */
export function meantFor(allowed: readonly Role[]): string {
  return `This is for ${allowed.join(', ')}.`;
}

/** The roles that a token can give. `service` is this service itself, and nobody signs in as that. */
export const rolesOfTokens = roles.filter((role) => role !== 'service');

/** How many groups somebody may be in, and how long the name of one may be, in UTF-16 code units. */
export const groupLimits = { groups: 256, characters: 256 } as const;

/** Who asks: from a verified token, or the service itself when an event or the clock set it to work. */
export interface Principal {
  organization: string;
  /** The token's subject; a subscriber's is the `subscriberId` of the enrollment. */
  subject: string;
  /** What the issuer itself calls them (`sub`), where another claim names the subject: the same in each token, whatever that holds. */
  issuerSubject?: string;
  roles: readonly Role[];
  /** The organization's own groups that the person is in, as its policy may name them. */
  groups?: readonly string[];
  /** When the person last proved who they are (OpenID Connect `auth_time`), seconds since 1970. */
  authTime?: number;
}
