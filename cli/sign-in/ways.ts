import * as oidc from 'openid-client';
import type { Secret } from '#domain/secret.ts';
import { signInFailure } from './failure.ts';
import type { TokenPlace } from './issuer.ts';
import { listenForAnswer } from './loopback.ts';
import type { Tokens } from './tokens.ts';

/** The ways to a token. Each throws ConnectionError `sign-in-failed`, `server-unreachable`. */
export interface Way {
  place: TokenPlace;
  configuration: oidc.Configuration;
}

/**
 * A person signs in with a browser (RFC 6749 section 4.1, RFC 7636, RFC 8252).
 * @param fresh whether the person must prove who they are, even if signed in already
 * @param show is given the address to open
 */
export async function signInByBrowser(
  { place, configuration }: Way,
  fresh: boolean,
  show: (url: URL) => void,
): Promise<Tokens> {
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const verifier = oidc.randomPKCECodeVerifier();
  const redirect = await listenForAnswer(state);
  try {
    const parameters = {
      redirect_uri: redirect.redirectUri,
      scope: place.scope,
      resource: place.resource,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(fresh && { prompt: 'login' }),
    };
    show(oidc.buildAuthorizationUrl(configuration, parameters));
    const answer = await redirect.answer();
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    return await oidc.authorizationCodeGrant(configuration, answer, checks, { resource: place.resource });
  } catch (error) {
    throw signInFailure(place.issuer, error);
  } finally {
    redirect.close();
  }
}

/** A person signs in with a browser of any machine (RFC 8628). @param show is given where, and the code to enter there */
export async function signInByDevice(
  { place, configuration }: Way,
  fresh: boolean,
  show: (where: { url: string; code: string; complete: string | undefined; seconds: number }) => void,
): Promise<Tokens> {
  const { scope, resource } = place;
  try {
    const parameters = { scope, resource, ...(fresh && { prompt: 'login' }) };
    const started = await oidc.initiateDeviceAuthorization(configuration, parameters);
    show({
      url: started.verification_uri,
      code: started.user_code,
      complete: started.verification_uri_complete,
      seconds: started.expires_in,
    });
    return await oidc.pollDeviceAuthorizationGrant(configuration, started, { resource });
  } catch (error) {
    throw signInFailure(place.issuer, error);
  }
}

/** A person signs in by name and password, where the issuer takes them from a program (RFC 6749 section 4.3). */
export async function signInByPassword(
  { place, configuration }: Way,
  username: string,
  password: Secret,
): Promise<Tokens> {
  const { scope, resource } = place;
  try {
    const parameters = { username, password: password.text(), scope, resource };
    return await oidc.genericGrantRequest(configuration, 'password', parameters);
  } catch (error) {
    throw signInFailure(place.issuer, error);
  } finally {
    password.erase();
  }
}

/** A machine signs in with its secret (RFC 6749 section 4.4). */
export async function signInAsClient({ place, configuration }: Way): Promise<Tokens> {
  try {
    // OpenID Connect is about people: without the scope that asks for one.
    const scope = place.scope
      .split(' ')
      .filter((name) => !['openid', 'offline_access', 'profile', 'email'].includes(name));
    const parameters = { resource: place.resource, ...(scope.length > 0 && { scope: scope.join(' ') }) };
    return await oidc.clientCredentialsGrant(configuration, parameters);
  } catch (error) {
    throw signInFailure(place.issuer, error);
  }
}
