import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { identityPath } from '#contract/api/accounts.ts';
import { SetUpError } from '#domain/errors.ts';
import type { Logger } from '#runtime/log.ts';
import type { TokenVerifier } from '#runtime/tokens/token-verifier.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { openIdentity } from '../identity/identity.ts';
import type { ServerArguments } from './arguments.ts';
import { externalVerifier } from './external-issuer.ts';

/** Whom the built-in issuer signs people in to, in a data folder that holds no organization yet. */
const usualOrganization = 'example';

/** Who asks: by whose tokens they say so, and what verifies those. */
export interface WhoAsks {
  issuer: string;
  tokens: TokenVerifier;
  /** What the built-in issuer adds; absent where tokens are of another one. */
  builtIn?: {
    organization: string;
    /** Absent once there is an administrator. */
    setUpCodePath: string | undefined;
    /** Answers whatever comes under `/identity`. */
    handle: RequestListener;
    close(): void;
  };
}

export interface WhoAsksParts {
  settings: Pick<ServerArguments, 'data' | 'issuer' | 'organization'>;
  /** Those that the data folder holds. */
  organizations: readonly string[];
  /** Where the server listens. */
  url: string;
  dependencies: Pick<Dependencies, 'clock' | 'ledger'>;
  log: Logger;
}

/**
 * Opens the built-in issuer, or what verifies the tokens of another one.
 * @throws SetUpError `usage` if it cannot be told which organization is meant, or as `externalVerifier` does; and as
 *   `openIdentity` does
 */
export async function openWhoAsks({
  settings,
  organizations,
  url,
  dependencies: { clock, ledger },
  log,
}: WhoAsksParts): Promise<WhoAsks> {
  if (settings.issuer !== undefined) {
    return { issuer: settings.issuer.issuer, tokens: await externalVerifier(settings.issuer, clock) };
  }
  const organization = settings.organization ?? onlyOne(organizations) ?? usualOrganization;
  const issuer = `${url}${identityPath}`;
  const folder = join(settings.data, 'identity');
  const onFailure = (error: Error) => log.error('unexpected', {}, error);
  const identity = await openIdentity({ folder, issuer, organization, clock, ledger, onFailure });
  const builtIn = {
    organization,
    setUpCodePath: identity.accounts.setUpCodePath,
    handle: identity.handle,
    close: identity.close,
  };
  return { issuer, tokens: identity.tokens, builtIn };
}

/** @throws SetUpError `usage` if there are several */
function onlyOne(organizations: readonly string[]): string | undefined {
  if (organizations.length <= 1) return organizations[0];
  const why = `must say which, since the data folder holds several: ${organizations.join(', ')}`;
  throw new SetUpError('usage', { field: '--organization', why, next: 'Name one of them.' });
}
