import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** Where a deployment runs; both are said, so that templates are the same wherever they are made. */
export interface EscrowEnvironment {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

/** Any issuer of OpenID Connect, in place of the user pool that is made otherwise. */
export interface OidcIssuer {
  /** The issuer identifier: an https URL, compared letter by letter with the claim `iss`. */
  readonly url: string;
  /** What access tokens must be meant for: this service's name at the issuer, or several. */
  readonly audience: string | readonly string[];
  /** Which claim that is in; `aud` if not given. */
  readonly audienceClaim?: 'aud' | 'client_id';
  /** Where the issuer's keys are; found by discovery if not given. */
  readonly jwksUri?: string;
  /** The claim that names the subscriber; `sub` if not given. */
  readonly subjectClaim?: string;
  /** The claim with the roles; `roles` if not given. */
  readonly rolesClaim?: string;
  /** The issuer's names of the roles, where they are not those of the service. */
  readonly roles?: Readonly<Record<string, string>>;
  /** The claim with the groups that the organization's policy may name; `groups` if not given. */
  readonly groupsClaim?: string;
  /** The claim with the organization, where the issuer serves several; all tokens are the organization's if not given. */
  readonly organizationClaim?: string;
}

/** A domain name of the organization's own for the API. */
export interface EscrowDomain {
  /** As in `escrow.example.org`. */
  readonly name: string;
  /** ARN of its certificate in AWS Certificate Manager, of the same region. */
  readonly certificateArn: string;
  /** The hosted zone that gets the record; the organization makes the record itself if not given. */
  readonly hostedZone?: { readonly id: string; readonly name: string };
}

/** Private keys in AWS KMS. */
export interface KmsCustody {
  readonly kind: 'kms';
  /** Where exportable key pairs are made; `memory` if not given. */
  readonly keySource?: 'memory' | 'kms';
}

/**
 * Private keys in a PKCS#11 token: in AWS CloudHSM, or whatever can be reached over a network. What AWS KMS is asked by key
 * policies, whether a function may make keys of one purpose only, or unwrap any, a token cannot be asked: each function that uses
 * it has the one PIN.
 */
export interface TokenCustody {
  readonly kind: 'pkcs11';
  /** The token's library in the image; that of AWS CloudHSM if not given. */
  readonly module?: string;
  /** The token's label; `escrow` if not given. */
  readonly label?: string;
  /** Folder with a Dockerfile of the organization's own, in place of the one that comes along (see its `vendor/README.md`). */
  readonly image?: string;
  /** Ports of the token in the functions' network; those of AWS CloudHSM if not given. */
  readonly ports?: { readonly from: number; readonly to: number };
  /** Address range of that network, in which nothing else is; `10.20.0.0/16` if not given. */
  readonly cidr?: string;
}

/** The public half of a key that signs receipts: a JSON Web Key (RFC 7517) on P-256. */
export interface ReceiptKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

/** A bucket of another account, of the same region, for the ledgers' segments: with Object Lock, and a policy as in `docs/deploy.md`. */
export interface LedgerBucket {
  readonly name: string;
  /** Twelve digits: a bucket of that name in any other account is refused. */
  readonly account: string;
}

/** What an organization says of its enrollment key escrow. */
export interface EnrollmentKeyEscrowProps {
  readonly env: EscrowEnvironment;
  /** Whom keys are kept for: an identifier of letters, digits, dot, dash and underscore. */
  readonly organization: string;
  /** Tells several of an account apart, in the names of stacks, roles and keys; `production` if not given. */
  readonly stage?: string;
  /** A user pool of Amazon Cognito is made if not given. */
  readonly issuer?: OidcIssuer;
  /** The API has the address that API Gateway gives it if not given. */
  readonly domain?: EscrowDomain;
  /** AWS KMS if not given. */
  readonly custody?: KmsCustody | TokenCustody;
  /**
   * Keys that signed receipts before the present one, so that what they signed stays verifiable: the `keys` of `/.well-known/jwks.json`
   * from before the change; none if not given.
   */
  readonly retiredReceiptKeys?: readonly ReceiptKey[];
  /** Keeps the segments of the ledgers; one in the same account is made if not given. */
  readonly ledgerBucket?: LedgerBucket;
  /** How long each segment is locked, from its writing; 1,095 days if not given. Nobody can shorten it. */
  readonly ledgerRetentionDays?: number;
  /** Web pages that may call the API, by origin, as in `https://portal.example.org`; none if not given. */
  readonly corsOrigins?: readonly string[];
  /** Whom alarms are mailed to; nobody if not given, but they can be subscribed to. */
  readonly alarmEmails?: readonly string[];
  /** How long the functions' logs are kept; one year if not given. */
  readonly logRetention?: RetentionDays;
  /** How long events can be replayed, in days; 30 if not given. */
  readonly eventArchiveDays?: number;
  /** How many of one consumer's messages are worked on at a time, 2 to 1,000; 10 if not given. */
  readonly maxConcurrency?: number;
  /** Folders with the functions' code by entry, where it is not that which comes with this package. */
  readonly code?: Readonly<Record<string, string>>;
}
