import * as v from 'valibot';
import { rolesOfTokens } from '#domain/principal.ts';
import { oneOf, subscriberIdentifier, text } from '../fields.ts';
import { secretText } from './fields.ts';
import { administering } from './roles.ts';
import { route } from './route.ts';

/** Where the evaluation issuer is mounted; its issuer identifier is the server's address and this. */
export const identityPath = '/identity';

/** What access tokens of the evaluation issuer are meant for. */
export const identityAudience = 'urn:enrollment-key-escrow';

/** The command line, as the evaluation issuer knows it: a public client, since whoever has the program has all of it. */
export const commandLineClient = 'escrow-cli';

export const accountKinds = ['person', 'machine'] as const;

const accountFields = {
  subject: subscriberIdentifier,
  displayName: text(1, 64),
  /** A machine signs in as an OAuth client with a secret, and cannot choose it. */
  kind: oneOf(accountKinds),
  roles: v.pipe(
    v.array(oneOf(rolesOfTokens)),
    v.minLength(1, 'is empty|Give the account a role.'),
    v.maxLength(rolesOfTokens.length, 'names a role twice|Name each once.'),
  ),
};

/** Who can sign in at the evaluation issuer, and what for. */
export const accountSchema = v.strictObject(accountFields);
export type Account = v.InferOutput<typeof accountSchema>;

/** A secret that was made for the account. It is told this once. */
const generatedSecret = v.optional(v.string());

const newAccountSchema = v.pipe(
  v.strictObject({
    ...accountFields,
    kind: v.optional(accountFields.kind, 'person'),
    /** One is generated if it is left out. */
    password: v.optional(secretText),
  }),
  v.forward(
    v.partialCheck(
      [['kind'], ['password']],
      ({ kind, password }) => kind === 'person' || password === undefined,
      'is not for a machine to have|Leave it out: a secret is generated.',
    ),
    ['password'],
  ),
);

const largest = 16 * 1024;
const subjectParams = v.strictObject({ subject: subscriberIdentifier });
const common = { tag: 'Identity', roles: administering } as const;

/** The accounts of the evaluation issuer. They are routes of the one-machine server only. */
export const accountRoutes = {
  listAccounts: route({
    ...common,
    method: 'GET',
    path: `${identityPath}/accounts`,
    summary: 'Who can sign in.',
    rate: 'read',
    answer: {
      status: 200,
      description: 'The accounts.',
      schema: v.object({ accounts: v.array(accountSchema) }),
    },
  }),
  addAccount: route({
    ...common,
    method: 'POST',
    path: `${identityPath}/accounts`,
    summary: 'Lets somebody sign in. The first administrator is added with the set-up code.',
    rate: 'costly',
    repeats: 'freely',
    body: { schema: newAccountSchema, largest, secrets: ['password'] },
    answer: {
      status: 201,
      description: 'The account, and the secret that was generated for it.',
      schema: v.object({ account: accountSchema, secret: generatedSecret }),
    },
    codes: ['already-exists', 'password-too-weak', 'password-not-ascii'],
  }),
  removeAccount: route({
    ...common,
    method: 'DELETE',
    path: `${identityPath}/accounts/{subject}`,
    summary: 'Lets somebody sign in no more. Tokens given stay good until they expire, within the hour.',
    rate: 'write',
    params: subjectParams,
    answer: { status: 204, description: 'The account is gone.' },
    codes: ['not-found', 'wrong-state'],
  }),
  setAccountPassword: route({
    ...common,
    method: 'POST',
    path: `${identityPath}/accounts/{subject}/password`,
    summary: 'Sets another password, or makes another secret for a machine.',
    rate: 'costly',
    repeats: 'freely',
    params: subjectParams,
    body: { schema: v.strictObject({ password: v.optional(secretText) }), largest, secrets: ['password'] },
    answer: {
      status: 200,
      description: 'The secret, where one was generated.',
      schema: v.object({ secret: generatedSecret }),
    },
    codes: ['not-found', 'invalid-input', 'password-too-weak', 'password-not-ascii'],
  }),
} as const;
