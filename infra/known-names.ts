import type {
  EnrollmentKeyEscrowProps,
  EscrowDomain,
  EscrowEnvironment,
  KmsCustody,
  LedgerBucket,
  OidcIssuer,
  TokenCustody,
} from './props.ts';

/** All names that something may have; the types see to it that none is left out. */
type NamesOf<T> = Readonly<Record<keyof T, true>>;

const props: NamesOf<EnrollmentKeyEscrowProps> = {
  env: true,
  organization: true,
  stage: true,
  issuer: true,
  domain: true,
  custody: true,
  retiredReceiptKeys: true,
  ledgerBucket: true,
  ledgerRetentionDays: true,
  corsOrigins: true,
  alarmEmails: true,
  logRetention: true,
  eventArchiveDays: true,
  maxConcurrency: true,
  code: true,
};
const env: NamesOf<EscrowEnvironment> = { account: true, region: true };
const issuer: NamesOf<OidcIssuer> = {
  url: true,
  audience: true,
  audienceClaim: true,
  jwksUri: true,
  subjectClaim: true,
  rolesClaim: true,
  roles: true,
  groupsClaim: true,
  organizationClaim: true,
};
const domain: NamesOf<EscrowDomain> = { name: true, certificateArn: true, hostedZone: true };
const hostedZone: NamesOf<Required<EscrowDomain>['hostedZone']> = { id: true, name: true };
const ledgerBucket: NamesOf<LedgerBucket> = { name: true, account: true };
const inKms: NamesOf<KmsCustody> = { kind: true, keySource: true };
const inToken: NamesOf<TokenCustody> = {
  kind: true,
  module: true,
  label: true,
  image: true,
  ports: true,
  cidr: true,
};
const ports: NamesOf<Required<TokenCustody>['ports']> = { from: true, to: true };

/**
 * Refuses properties that there are not: whoever says what would count for nothing, meant something else. Apps in JavaScript are
 * held to no types, and in TypeScript neither is what does not stand in the call itself.
 * @throws RangeError naming the property, and those that there are
 */
export function checkNames(given: EnrollmentKeyEscrowProps): void {
  const { custody } = given;
  check('', given, props);
  check('env.', given.env, env);
  check('issuer.', given.issuer, issuer);
  check('domain.', given.domain, domain);
  check('ledgerBucket.', given.ledgerBucket, ledgerBucket);
  check('domain.hostedZone.', given.domain?.hostedZone, hostedZone);
  if (custody?.kind === 'kms') check('custody.', custody, inKms);
  if (custody?.kind === 'pkcs11') {
    check('custody.', custody, inToken);
    check('custody.ports.', custody.ports, ports);
  }
}

function check(prefix: string, given: object | undefined, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(given ?? {}).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const names = Object.keys(known).map((name) => `${prefix}${name}`);
  throw new RangeError(
    `there is no property ${prefix}${unknown}: leave it out, or say one of ${names.join(', ')}`,
  );
}
