import * as v from 'valibot';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { pfxTargets } from '#domain/pfx-targets.ts';
import { identifier, oneOf } from '../fields.ts';
import { enrollmentView } from './enrollments.ts';
import { enrollmentParams, moment, secretText, sha256 } from './fields.ts';
import { looking } from './roles.ts';
import { route } from './route.ts';

// What a subscriber does with the own key, and what stands beside it.

const largest = 16_384;
const fileName = 'The name of the file (RFC 6266).';

/** What every route is refused with that takes the password of a key. */
const ofPasswords = [
  'not-found',
  'password-not-ascii',
  'password-too-weak',
  'wrong-password',
  'enrollment-locked',
  'enrollment-blocked',
  'wrong-state',
  'making-in-progress',
  'provider-misconfigured',
] as const;

/** What a route is refused with that opens a key, where its escrow became due and cannot be made. */
const ofDueEscrow = ['escrow-in-progress', 'escrow-not-made'] as const;

export const setPassword = route({
  method: 'POST',
  path: '/v1/enrollments/{enrollmentId}/password',
  tag: 'Keys',
  summary: 'Set the password of the own enrollment, and have its key pair made under it.',
  roles: ['subscriber'],
  rate: 'costly',
  params: enrollmentParams,
  body: { schema: v.strictObject({ password: secretText }), largest, secrets: ['password'] },
  answer: { status: 200, description: 'The enrollment, ready.', schema: enrollmentView },
  codes: [...ofPasswords, 'proof-failed'],
});

export const changePassword = route({
  method: 'POST',
  path: '/v1/enrollments/{enrollmentId}/password-changes',
  tag: 'Keys',
  summary: 'Change the password of the own enrollment.',
  roles: ['subscriber'],
  rate: 'costly',
  params: enrollmentParams,
  body: {
    schema: v.strictObject({ currentPassword: secretText, newPassword: secretText }),
    largest,
    secrets: ['currentPassword', 'newPassword'],
  },
  answer: {
    status: 200,
    description: 'The enrollment; the old password opens nothing any more.',
    schema: enrollmentView,
  },
  codes: [...ofPasswords, ...ofDueEscrow, 'wrong-unlocking'],
});

export const unlockEnrollment = route({
  method: 'POST',
  path: '/v1/enrollments/{enrollmentId}/unlock',
  tag: 'Keys',
  summary: "Lift the lock that wrong passwords put on a subscriber's enrollment. It opens nothing.",
  roles: ['recovery-official'],
  rate: 'write',
  params: enrollmentParams,
  answer: { status: 200, description: 'The enrollment.', schema: enrollmentView },
  codes: ['not-found', 'wrong-state'],
});

export const destroyEnrollment = route({
  method: 'POST',
  path: '/v1/enrollments/{enrollmentId}/destruction',
  tag: 'Keys',
  summary: 'Destroy the key of an enrollment for ever. Escrowed backups stay until their retention ends.',
  roles: ['subscriber', 'administrator'],
  rate: 'write',
  params: enrollmentParams,
  body: { schema: v.strictObject({ confirm: identifier }), largest },
  answer: { status: 200, description: 'The enrollment, destroyed.', schema: enrollmentView },
  codes: ['not-found', 'fresh-sign-in-required', 'wrong-state', 'making-in-progress'],
});

export const readCsr = route({
  method: 'GET',
  path: '/v1/enrollments/{enrollmentId}/csr',
  tag: 'Keys',
  summary: 'Take the certificate request (PKCS#10), as PEM or as DER (RFC 5967).',
  roles: ['subscriber', 'enrollment-workflow', 'administrator'],
  rate: 'read',
  params: enrollmentParams,
  answer: {
    status: 200,
    description: 'The request.',
    media: ['application/x-pem-file', 'application/pkcs10'],
    headers: { 'Content-Disposition': fileName },
  },
  codes: ['not-found', 'not-acceptable', 'wrong-state', 'making-in-progress', 'escrow-due'],
});

const unlocking = v.variant('by', [
  v.strictObject({ by: v.literal('password'), password: secretText }),
  /** What the holder of the recipient key took out of the locked record, base64url. */
  v.strictObject({
    by: v.literal('wrapped-key'),
    wrappedKey: v.pipe(
      v.string(),
      v.maxLength(16_384, 'is longer than any wrapped key|Check what was sent.'),
      v.regex(/^[\w-]+$/, 'is not base64url|Encode the opened key (RFC 4648 section 5).'),
    ),
  }),
  v.strictObject({ by: v.literal('nothing') }),
]);

const filePassword = v.variant('is', [
  v.strictObject({ is: v.literal('own'), password: secretText }),
  v.strictObject({ is: v.literal('same') }),
  v.strictObject({ is: v.literal('generated') }),
]);

/** What the copy is to open on, or how it is to be written: either says it. */
const copyForm = {
  profile: v.optional(
    v.pipe(
      oneOf(pfxProfiles),
      v.description(
        'How the file is protected; modern if neither profile nor target is given. compatible, for old systems, must be allowed by policy and have a generated password.',
      ),
    ),
  ),
  target: v.optional(
    v.pipe(
      oneOf(pfxTargets),
      v.description('The system that is to open the file: it gets the profile that this system takes.'),
    ),
  ),
};

export const exportCopy = route({
  method: 'POST',
  path: '/v1/enrollments/{enrollmentId}/exports',
  tag: 'Keys',
  summary: 'Export the own copy of a key pair: a PFX, proved, streamed, and kept nowhere.',
  roles: ['subscriber'],
  rate: 'costly',
  params: enrollmentParams,
  body: {
    schema: v.pipe(
      v.strictObject({ unlock: unlocking, filePassword, ...copyForm }),
      v.forward(
        v.partialCheck(
          [['profile'], ['target']],
          ({ profile, target }) => profile === undefined || target === undefined,
          'stands beside a profile, which says the same|Send one of the two.',
        ),
        ['target'],
      ),
    ),
    largest: 32_768,
    secrets: ['unlock', 'filePassword'],
  },
  answer: {
    status: 200,
    description:
      'The file itself; or as JSON, where the password of the file is to be generated: told here, and kept nowhere.',
    media: ['application/pkcs12', 'application/json'],
    schema: v.object({
      exportId: v.string(),
      fileName: v.string(),
      /** Base64 (RFC 4648 section 4). */
      pfx: v.string(),
      receiptId: v.string(),
      profile: v.picklist(pfxProfiles),
      warning: v.optional(
        v.pipe(
          v.string(),
          v.description('What its owner must know of it, in sentences, where there is something.'),
        ),
      ),
      generatedPassword: v.optional(v.string()),
    }),
    headers: {
      'Content-Disposition': 'The name of the file (RFC 6266); in JSON, `fileName` says it.',
      Link: 'The receipt of this copy, with rel="describedby".',
      'Export-Id': 'Names this export.',
    },
  },
  codes: [
    ...ofPasswords,
    ...ofDueEscrow,
    'not-acceptable',
    'export-refused',
    'wrong-unlocking',
    'proof-failed',
    'key-not-exportable',
    'object-damaged',
  ],
});

export const listBackups = route({
  method: 'GET',
  path: '/v1/enrollments/{enrollmentId}/backups',
  tag: 'Backups and receipts',
  summary: 'List the active escrowed backups of an enrollment.',
  roles: looking,
  rate: 'read',
  params: enrollmentParams,
  answer: {
    status: 200,
    description: 'Each backup that is stored, proved, sealed and locked.',
    schema: v.object({
      backups: v.array(
        v.object({
          id: v.string(),
          profile: v.picklist(pfxProfiles),
          pfxSha256: sha256,
          retainUntil: moment,
          receiptId: v.string(),
        }),
      ),
    }),
  },
  codes: ['not-found'],
});

export const readReceipt = route({
  method: 'GET',
  path: '/v1/enrollments/{enrollmentId}/receipts/{receiptId}',
  tag: 'Backups and receipts',
  summary: 'Take a receipt: a compact JWS, signed by a key of /.well-known/jwks.json.',
  roles: looking,
  rate: 'read',
  params: v.strictObject({ enrollmentId: identifier, receiptId: receiptName() }),
  answer: { status: 200, description: 'The receipt.', media: ['application/jose'] },
  codes: ['not-found', 'not-acceptable'],
});

/** Receipts of escrowed backups are named by enrollment and attempt together. */
function receiptName() {
  return v.pipe(
    v.string(),
    v.maxLength(128, 'is longer than 128 characters|Check the identifier.'),
    v.regex(
      /^\w+(?:\.\w+)?$/,
      'is not the name of a receipt|Send it as the enrollment or its backup names it.',
    ),
  );
}
