import type { ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { statementKeys } from '#steps/statement-keys.ts';

/** What the service tells everybody of itself, beyond what its dependencies know. */
export interface ServiceDescription {
  /** The issuer of access tokens. */
  issuer: string;
  /** The service's own URL, which access tokens are asked for (RFC 8707) and clients check (RFC 9728 section 3.3). */
  resource: string;
  /** The OpenAPI description, parsed. */
  openApi: Record<string, unknown>;
}

/** Answers `readHealth`. */
export async function answerReadHealth({
  build,
  clock,
}: Pick<Dependencies, 'build' | 'clock'>): Promise<ReplyOf<RouteNamed<'readHealth'>>> {
  return { json: { status: 'ok', build, time: clock.now().toISOString() } };
}

/** Answers `readKeySet` (RFC 7517 section 5). Throws as `KeyProvider.receiptKey` does. */
export async function answerReadKeySet(
  dependencies: Pick<Dependencies, 'keys'>,
): Promise<ReplyOf<RouteNamed<'readKeySet'>>> {
  const { keys } = await statementKeys(dependencies);
  return { json: { keys: keys.map((key) => ({ ...key, use: 'sig', alg: 'ES256' })) } };
}

/** Answers `readResourceMetadata` (RFC 9728 section 2). */
export async function answerReadResourceMetadata({
  issuer,
  resource,
}: ServiceDescription): Promise<ReplyOf<RouteNamed<'readResourceMetadata'>>> {
  return {
    json: {
      resource,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['openid'],
    },
  };
}

/** Answers `readApiDescription`. */
export async function answerReadApiDescription({
  openApi,
}: ServiceDescription): Promise<ReplyOf<RouteNamed<'readApiDescription'>>> {
  return { json: openApi };
}
