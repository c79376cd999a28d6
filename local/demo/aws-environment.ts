import { existsSync } from 'node:fs';
import { devNull, homedir } from 'node:os';
import { join } from 'node:path';

type Variables = Record<string, string | undefined>;

/** Where the AWS SDK would look for AWS KMS: at an endpoint that is not of AWS, at AWS itself, or nowhere. */
export type AwsKms =
  /** `variable` names it. */
  { kind: 'endpoint'; endpoint: string; variable: string } | { kind: 'aws' } | { kind: 'none' };

/** Hosts of AWS itself, in all its partitions that the public can reach. */
const hostsOfAws = /(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$/i;

/** Variables of which each alone is a sign that somebody set AWS up here (AWS SDKs and Tools Reference Guide). */
const signs = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
];

/**
 * Reads from the environment where calls of AWS KMS would go.
 * @param home the folder that has `.aws`
 */
export function awsKmsOf(environment: Readonly<Variables>, home = homedir()): AwsKms {
  const variable = endpointVariableOf(environment);
  const endpoint = variable === undefined ? undefined : environment[variable];
  if (variable !== undefined && endpoint !== undefined && !isOfAws(endpoint)) {
    return { kind: 'endpoint', endpoint, variable };
  }
  const files = ['config', 'credentials'].map((name) => join(home, '.aws', name));
  const isSetUp = signs.some((name) => isSet(environment[name])) || files.some((file) => existsSync(file));
  return { kind: endpoint !== undefined || isSetUp ? 'aws' : 'none' };
}

/**
 * Lets these variables alone decide where the AWS SDK goes, in this process and those that it starts: no profile, no file
 * and no other endpoint leads it elsewhere.
 * @param environment changed
 */
export function leadOnlyTo(variables: Readonly<Record<string, string>>, environment: Variables): void {
  for (const name of Object.keys(environment)) if (name.startsWith('AWS_')) delete environment[name];
  const without = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };
  Object.assign(environment, without, { AWS_EC2_METADATA_DISABLED: 'true' }, variables);
}

function endpointVariableOf(environment: Readonly<Variables>): string | undefined {
  if (environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined;
  return ['AWS_ENDPOINT_URL_KMS', 'AWS_ENDPOINT_URL'].find((name) => isSet(environment[name]));
}

/** What is no URL at all is not of AWS; who asks there says so. */
function isOfAws(endpoint: string): boolean {
  return URL.canParse(endpoint) && hostsOfAws.test(new URL(endpoint).hostname);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
