import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Role } from '#domain/principal.ts';

export const audience = 'urn:enrollment-key-escrow:bench';

/** An issuer of access tokens for as many callers as a measurement needs: what one caller may send is limited. */
export async function openIssuer(organization: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' };
  const server = createServer((request, response) => {
    const { port } = addressOf(server.address());
    const issuer = `http://127.0.0.1:${port}`;
    const isKeySet = request.url?.endsWith('jwks.json') === true;
    const body = isKeySet ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks.json` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${addressOf(server.address()).port}`;

  const token = (subject: string, role: Role) =>
    new SignJWT({ organization, roles: [role], auth_time: Math.floor(Date.now() / 1_000) })
      .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime('2h')
      .sign(privateKey);
  const tokens = (count: number, role: Role) =>
    Promise.all(Array.from({ length: count }, (_unused, index) => token(`${role}-${index}`, role)));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { issuer, tokens, close };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address;
}
