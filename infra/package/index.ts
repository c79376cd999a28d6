// What an organization's own AWS CDK app imports.
// biome-ignore-all lint/performance/noBarrelFile: the one module that the package gives out.
export { EnrollmentKeyEscrow } from '../enrollment-key-escrow.ts';
export type {
  EnrollmentKeyEscrowProps,
  EscrowDomain,
  EscrowEnvironment,
  KmsCustody,
  LedgerBucket,
  OidcIssuer,
  ReceiptKey,
  TokenCustody,
} from '../props.ts';
