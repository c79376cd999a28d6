import * as v from 'valibot';
import { identifier, oneOf } from '#contract/fields.ts';
import { parse } from '#contract/parse.ts';
import { rolesOfTokens } from '#domain/principal.ts';

/** Asymmetric signatures only: with a MAC whoever checks a token could also make one. */
export const tokenAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;

const ownRoleNames: Record<string, (typeof rolesOfTokens)[number]> = Object.fromEntries(
  rolesOfTokens.map((role) => [role, role]),
);

const loopbackHosts = ['127.0.0.1', '[::1]', 'localhost'];

/** What a token says, it says over the network: keys that came unprotected could be anybody's. */
const protectedUrl = v.pipe(
  v.string(),
  v.maxLength(2_048, 'is longer than 2048 characters|Shorten it.'),
  v.check(isProtectedUrl, 'is not an https URL|Write it as https://; http is for this machine alone.'),
);

function isProtectedUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHosts.includes(url.hostname));
}

const name = v.pipe(v.string(), v.nonEmpty('is empty|Fill it in.'), v.maxLength(256));
/** A claim, or several: where it is not in every token, or comes under another name in some. */
const claims = v.union([name, v.pipe(v.array(name), v.minLength(1, 'is empty|Fill it in.'))]);
const seconds = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));

/**
 * How access tokens are verified, as configuration states it. Claim names are taken as they stand: `cognito:groups` and
 * `https://example.org/roles` are names, not paths.
 */
export const tokenSettingsSchema = v.strictObject({
  /** The issuer identifier, compared letter by letter with the claim `iss`. */
  issuer: protectedUrl,
  /** What a token must be meant for: this service's name at the issuer, or several. */
  audience: v.union([name, v.pipe(v.array(name), v.minLength(1, 'is empty|Fill it in.'))]),
  /** Amazon Cognito's access tokens name the client in `client_id`, and have no `aud`. */
  audienceClaim: v.optional(oneOf(['aud', 'client_id']), 'aud'),
  /** Where the issuer's keys are; found by OpenID Connect Discovery if absent. */
  jwksUri: v.optional(protectedUrl),
  algorithms: v.optional(
    v.pipe(v.array(oneOf(tokenAlgorithms)), v.minLength(1, 'is empty|Fill it in.')),
    () => [...tokenAlgorithms],
  ),
  /** How far the issuer's clock may be off, in seconds. */
  clockTolerance: v.optional(seconds(0, 300), 30),
  /** How long an unknown key id does not make us ask for the keys again, in seconds. */
  keysCooldown: v.optional(seconds(0, 3_600), 30),
  /** How long the issuer may take to answer, in seconds. */
  issuerTimeout: v.optional(seconds(0.05, 60), 5),
  /** Of several, the first that a token has. */
  subjectClaim: v.optional(claims, 'sub'),
  /** Where the organization is read from; or, at an issuer that serves one, which it is. */
  organization: v.optional(
    v.union([v.strictObject({ claim: name }), v.strictObject({ fixed: identifier })]),
    { claim: 'organization' },
  ),
  /** Of several, all that a token has: at Amazon Cognito people have groups, and programs have scopes. */
  rolesClaim: v.optional(claims, 'roles'),
  /** The issuer's names of our roles; other names of its are passed over. */
  roles: v.optional(v.record(name, oneOf(rolesOfTokens)), ownRoleNames),
  /** The organization's own groups, as its policy may name them. Of several, all that a token has. */
  groupsClaim: v.optional(claims, 'groups'),
  authTimeClaim: v.optional(name, 'auth_time'),
});

export type TokenSettings = v.InferOutput<typeof tokenSettingsSchema>;
export type TokenSettingsInput = v.InferInput<typeof tokenSettingsSchema>;

/**
 * Settings with what was left out filled in.
 * @throws InputError `invalid-input`, naming every setting at fault
 */
export function tokenSettings(input: unknown): TokenSettings {
  return parse(tokenSettingsSchema, input);
}
