import * as v from 'valibot';

/** What a token says of its holder, for showing only: whether it is true, the server checks. */
const claimsSchema = v.object({
  sub: v.optional(v.string()),
  iss: v.optional(v.string()),
  organization: v.optional(v.string()),
  roles: v.optional(
    v.union([
      v.array(v.string()),
      v.pipe(
        v.string(),
        v.transform((text) => text.split(' ')),
      ),
    ]),
  ),
  auth_time: v.optional(v.number()),
  exp: v.optional(v.number()),
});
export type Claims = v.InferOutput<typeof claimsSchema>;

/** The claims of a JWT (RFC 7519), unverified; undefined where the token is none that can be looked into. */
export function claimsOf(token: string): Claims | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  const text = Buffer.from(payload, 'base64url').toString();
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), claimsSchema), text);
  return parsed.success ? parsed.output : undefined;
}
