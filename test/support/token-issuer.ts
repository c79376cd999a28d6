import { createServer, type ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '#ports/clock.ts';

export const audience = 'urn:enrollment-key-escrow';

/** One of the issuer's key pairs. */
export interface IssuerKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  /** The public half, as the key set publishes it. */
  jwk: JWK;
}

export async function issuerKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** An issuer of access tokens on this machine: metadata and keys over real HTTP, and tokens as asked for. */
export interface TokenIssuer {
  /** The issuer identifier. */
  url: string;
  jwksUri: string;
  /** What is published now. */
  published: JWK[];
  key: IssuerKey;
  /** The paths that were asked for. */
  asked: string[];
  /** Answers by this instead, while it is set. */
  answer: ((response: ServerResponse) => void) | undefined;
  /** What the metadata say. */
  metadata: Record<string, unknown>;
  /** The claims of a good token, with changes; `undefined` takes a claim out. */
  claims(change?: Record<string, unknown>): JWTPayload;
  /** An `Authorization` header with a good token, with changes of its claims, header and key. */
  bearer(
    change?: Record<string, unknown>,
    signing?: { header?: Record<string, unknown>; key?: IssuerKey },
  ): Promise<string>;
  close(): Promise<void>;
}

export async function startTokenIssuer(clock: Clock): Promise<TokenIssuer> {
  const key = await issuerKey('first');
  const server = createServer((request, response) => {
    issuer.asked.push(request.url ?? '');
    if (issuer.answer !== undefined) return issuer.answer(response);
    const body = request.url === '/keys' ? { keys: issuer.published } : issuer.metadata;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const claims = (change: Record<string, unknown> = {}) => {
    const now = Math.floor(clock.now().getTime() / 1_000);
    const good = { iss: url, aud: audience, sub: 'ada', organization: 'acme', iat: now, exp: now + 600 };
    const merged = Object.entries({ ...good, roles: ['subscriber'], ...change });
    return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
  };
  const issuer: TokenIssuer = {
    url,
    jwksUri: `${url}/keys`,
    published: [key.jwk],
    key,
    asked: [],
    answer: undefined,
    metadata: { issuer: url, jwks_uri: `${url}/keys` },
    claims,
    bearer: async (change, { header, key: { kid, alg, privateKey } = key } = {}) =>
      `Bearer ${await new SignJWT(claims(change))
        .setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header })
        .sign(privateKey)}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
