import type { JWTPayload } from 'jose';
import * as v from 'valibot';
import { identifier } from '#contract/fields.ts';
import { groupLimits, type Principal, type Role } from '#domain/principal.ts';
import { refusedToken } from './token-faults.ts';
import type { TokenSettings } from './token-settings.ts';

/** OpenID Connect Core, section 2: `sub` has at most 255 ASCII characters. */
const subjectForm = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/**
 * Who a verified token speaks for, by the configured claims.
 * @param now seconds since 1970
 * @throws AccessError `token-invalid`
 */
export function principalOf(claims: JWTPayload, settings: TokenSettings, now: number): Principal {
  const authTime = authTimeOf(claims, settings, now);
  const groups = groupsOf(claims, settings);
  const subject = subjectOf(claims, settings);
  return {
    organization: organizationOf(claims, settings),
    subject,
    ...issuerSubjectOf(claims, subject),
    roles: rolesOf(claims, settings),
    ...(groups.length > 0 && { groups }),
    ...(authTime !== undefined && { authTime }),
  };
}

function claim(claims: JWTPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function subjectOf(claims: JWTPayload, { subjectClaim }: TokenSettings): string {
  const subject = [subjectClaim]
    .flat()
    .map((name) => claim(claims, name))
    .find((value) => value !== undefined);
  if (typeof subject !== 'string' || !subjectForm.test(subject)) throw refusedToken('no subject');
  return subject;
}

/** Where a claim that is not in every token names the subject, one person may come under two names; the issuer's own tells. */
function issuerSubjectOf(claims: JWTPayload, subject: string): Pick<Principal, 'issuerSubject'> {
  const sub = claim(claims, 'sub');
  return typeof sub === 'string' && sub !== subject && subjectForm.test(sub) ? { issuerSubject: sub } : {};
}

function organizationOf(claims: JWTPayload, { organization: source }: TokenSettings): string {
  if ('fixed' in source) return source.fixed;
  const organization = claim(claims, source.claim);
  if (organization === undefined || organization === '') throw refusedToken('no organization');
  if (!v.is(identifier, organization)) throw refusedToken('unsuitable organization');
  return organization;
}

/** An array of names, or names with spaces between them as in `scope`. */
function rolesOf(claims: JWTPayload, { rolesClaim, roles: known }: TokenSettings): Role[] {
  const given = [rolesClaim]
    .flat()
    .flatMap((name) => namesIn(claim(claims, name) ?? []))
    .map((name) => (Object.hasOwn(known, name) ? known[name] : undefined));
  return [...new Set(given.filter((role) => role !== undefined))];
}

const groupName = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(groupLimits.characters),
  v.check((text) => text.isWellFormed()),
);

/**
 * The groups, each once: an array of names, or one name. Policy may forbid by a group, so what cannot be taken whole is refused, and
 * nothing is left out: too many, a text with blanks, which may be one name or several, and claims that the issuer keeps elsewhere
 * (OpenID Connect Core, section 5.6.2), as some do of many groups.
 */
function groupsOf(claims: JWTPayload, { groupsClaim }: TokenSettings): string[] {
  const names = [groupsClaim].flat();
  const elsewhere = claim(claims, '_claim_names');
  const isElsewhere = (name: string) =>
    typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name);
  if (names.some(isElsewhere)) throw refusedToken('groups elsewhere');
  const groups = new Set(names.flatMap((name) => groupsIn(claim(claims, name) ?? [])));
  if (groups.size > groupLimits.groups) throw refusedToken('too many groups');
  return [...groups];
}

function groupsIn(value: unknown): string[] {
  if (value === '') return [];
  const groups: unknown = typeof value === 'string' && !value.includes(' ') ? [value] : value;
  if (!v.is(v.array(groupName), groups)) throw refusedToken('malformed');
  return groups;
}

function namesIn(value: unknown): string[] {
  const names: unknown = typeof value === 'string' ? value.split(' ') : value;
  if (!v.is(v.array(v.string()), names)) throw refusedToken('malformed');
  return names;
}

/** When the person signed in. A time to come would count as fresh until then. */
function authTimeOf(
  claims: JWTPayload,
  { authTimeClaim, clockTolerance }: TokenSettings,
  now: number,
): number | undefined {
  const time = claim(claims, authTimeClaim);
  if (time === undefined) return undefined;
  if (typeof time !== 'number' || time < 0) throw refusedToken('malformed');
  if (time > now + clockTolerance) throw refusedToken('not yet valid');
  return time;
}
