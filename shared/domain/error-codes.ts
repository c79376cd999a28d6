import { type ErrorFamily, entry } from './error-entry.ts';
import { pfxErrors } from './pfx-error-codes.ts';

export type { ErrorFamily } from './error-entry.ts';

/**
 * Every code that a caller can meet, in one closed table: its family, whether the same call may succeed later
 * unchanged (`retry`), what it means and what to do next. Only the edge turns a code into an HTTP status, a retry or
 * an exit status.
 */
export const errorTable = {
  'invalid-input': entry(
    'input',
    false,
    'A field is missing, unknown, too long or of the wrong type.',
    'Correct the named field and send it again.',
  ),
  'key-spec-below-floor': entry(
    'input',
    false,
    'The key is weaker than any policy may allow.',
    'Ask for RSA_2048 or stronger, or an ECC_NIST key.',
  ),
  'recipient-key-invalid': entry(
    'input',
    false,
    'The recipient key is not a public key that a key can be locked to.',
    'Send a public JWK: RSA of 2048 bits or more, or EC on P-256, P-384 or P-521.',
  ),
  'password-not-ascii': entry(
    'input',
    false,
    'The password has a character that some systems cannot type or read.',
    'Use printable ASCII only: letters, digits, punctuation and the space.',
  ),
  'password-too-weak': entry(
    'input',
    false,
    'The password does not meet the rules of the organization.',
    'Choose a longer one, or take a generated one.',
  ),
  'idempotency-mismatch': entry(
    'input',
    false,
    'The same idempotency key came before with another request.',
    'Use a new idempotency key for a new request.',
  ),
  'body-too-large': entry(
    'input',
    false,
    'The request is larger than this route takes.',
    'Send less at once: many enrollments go in several batches.',
  ),
  'unsupported-media-type': entry(
    'input',
    false,
    'The request is of a media type that this route does not read.',
    'Send it as the media type that the API description names.',
  ),
  'not-acceptable': entry(
    'input',
    false,
    'The route has no answer of a media type that the request accepts.',
    'Accept one of the media types that the API description names.',
  ),
  'no-such-route': entry(
    'input',
    false,
    'There is nothing at this address.',
    'Look it up in the API description, at /openapi.json.',
  ),
  'method-not-allowed': entry(
    'input',
    false,
    'What is at this address does not take this method.',
    'Use a method that the header Allow names.',
  ),
  'too-many-requests': entry(
    'limit',
    true,
    'More requests came than one caller may send.',
    'Wait as long as Retry-After says, then go on more slowly.',
  ),
  'sign-in-required': entry(
    'access',
    false,
    'The request has no access token.',
    'Sign in, and send the access token as a bearer token.',
  ),
  'token-invalid': entry(
    'access',
    false,
    'The access token is not one that this service accepts.',
    'Sign in again for a new access token.',
  ),
  'fresh-sign-in-required': entry(
    'access',
    false,
    'The last sign-in is too long ago for this.',
    'Sign in again, then repeat the request.',
  ),
  'not-found': entry(
    'access',
    false,
    'There is no such record, or it is not yours.',
    'Check the identifier and the account you are signed in with.',
  ),
  'not-permitted': entry(
    'access',
    false,
    'Your role does not allow this.',
    'Sign in as somebody whose role does, or ask the contact of your organization.',
  ),
  'wrong-password': entry(
    'lock',
    false,
    'The password does not open this key.',
    'Check keyboard layout and capitals. Ten wrong ones in a row lock the enrollment.',
  ),
  'wrong-unlocking': entry(
    'lock',
    false,
    'What was presented does not open this key.',
    'Open the locked key with the recipient key named in the request.',
  ),
  'enrollment-locked': entry(
    'lock',
    false,
    'Ten wrong passwords in a row have locked this enrollment.',
    'Sign in again, then try once more.',
  ),
  'enrollment-blocked': entry(
    'lock',
    false,
    'A hundred wrong passwords have blocked this enrollment.',
    'Ask the help desk of your organization to unblock it.',
  ),
  'enrollment-refused': entry(
    'policy',
    false,
    'Policy does not allow this enrollment.',
    'Ask the named contact.',
  ),
  'escrow-impossible': entry(
    'policy',
    false,
    'The key must be escrowed, and this custody cannot do that.',
    'Choose an exportable key, or another custody.',
  ),
  'export-refused': entry(
    'policy',
    false,
    'Policy does not let this private key leave, or not as it was asked for.',
    'Ask the named contact.',
  ),
  'wrong-state': entry(
    'state',
    false,
    'The enrollment is not in a state in which this can be done.',
    'Look at its state first.',
  ),
  'making-in-progress': entry(
    'state',
    true,
    'The key pair is being made right now.',
    'Wait a moment and look again.',
  ),
  'escrow-due': entry(
    'state',
    false,
    'Policy requires that this key is escrowed first, and it is not yet.',
    'Have its subscriber take a copy, or change the password: its backup is made then.',
  ),
  'escrow-in-progress': entry(
    'state',
    true,
    'The escrowed backup of this key is being made right now.',
    'Wait a moment, then repeat the request.',
  ),
  'already-exists': entry(
    'state',
    false,
    'A record of this name exists with other content.',
    'Use another name.',
  ),
  'version-conflict': entry(
    'state',
    true,
    'Somebody else changed the record at the same moment.',
    'Repeat the request.',
  ),
  'precondition-failed': entry(
    'state',
    false,
    'The record was changed since it was read.',
    'Read it again, and decide anew.',
  ),
  ...pfxErrors,
  'escrow-not-made': entry(
    'proof',
    true,
    'Policy requires that this key is escrowed first, and its backup could not be made now: nothing else was done.',
    'Repeat the request in a moment; if it stays so, tell the operator.',
  ),
  'proof-failed': entry(
    'proof',
    true,
    'A backup could not be proved, so it does not count.',
    'Repeat the request; if it fails again, tell the operator.',
  ),
  'receipt-invalid': entry(
    'proof',
    false,
    'The receipt is not signed by a key of this service, or was altered.',
    "Fetch the receipt again, and the service's current keys.",
  ),
  'checkpoint-invalid': entry(
    'proof',
    false,
    'The checkpoint is not signed by the key that it names, or was altered.',
    'Fetch the ledger and the checkpoint again; if it stays so, somebody has changed one of them.',
  ),
  'checkpoint-key-unknown': entry(
    'proof',
    false,
    'The checkpoint is signed by a key that is not among those given.',
    "Take the service's key set, with the keys that it has retired.",
  ),
  'ledger-unreadable': entry(
    'proof',
    false,
    'What stands there is not in the form of a ledger.',
    'Fetch the ledger again; if it stays so, somebody has changed it.',
  ),
  'dossier-invalid': entry(
    'proof',
    false,
    'The dossier is not signed by a key of this service, or was altered.',
    "Fetch the dossier again, and the service's current keys.",
  ),
  'sealed-passphrase-invalid': entry(
    'proof',
    false,
    'The sealed passphrase cannot be opened, or belongs to another backup.',
    'Check which recovery key sealed it, and that it stands beside its own PFX.',
  ),
  'canary-overdue': entry(
    'proof',
    false,
    'The key pair that the service asks itself for each day is not there, or was not ready in time.',
    'Tell the operator: what becomes of requests is likely to be late, or lost, for everybody.',
  ),
  'provider-unavailable': entry(
    'provider',
    true,
    'The key provider did not answer.',
    'Try again later; if it stays so, tell the operator.',
  ),
  'provider-busy': entry(
    'provider',
    true,
    'The key provider has more work than it takes at once.',
    'Try again in a moment, and send less at once.',
  ),
  'provider-access-denied': entry(
    'provider',
    false,
    'The key provider does not allow this service to do so.',
    'The operator must give the service the permissions that the documentation of the key provider names.',
  ),
  'operation-cancelled': entry(
    'provider',
    true,
    'Whoever asked gave up waiting, and nothing was left behind.',
    'Ask again if it is still wanted.',
  ),
  'key-disabled': entry(
    'provider',
    false,
    'The key is disabled at the key provider.',
    'The operator must enable it there, or find out who disabled it.',
  ),
  'key-pending-deletion': entry(
    'provider',
    false,
    'The key provider will destroy the key soon, and does not use it any more.',
    'The operator must cancel the deletion at once if the key is still needed: it cannot be made again.',
  ),
  'issuer-unavailable': entry(
    'provider',
    true,
    'The issuer of access tokens did not answer, so no token can be checked.',
    'Try again later; if it stays so, tell the operator.',
  ),
  'provider-misconfigured': entry(
    'provider',
    false,
    'The key provider is not set up as needed.',
    'Follow the message; the operator must change the set-up.',
  ),
  'provider-incapable': entry(
    'provider',
    false,
    'The key provider cannot do this.',
    'Choose another custody or key spec.',
  ),
  'key-not-found': entry(
    'provider',
    false,
    'The key provider has no such key.',
    'Check the data folder, the token, or the AWS account, region and alias prefix that the service was started with.',
  ),
  'wrapped-key-invalid': entry(
    'provider',
    false,
    'The wrapped key was altered, or belongs to another enrollment.',
    'Tell the operator: stored data was changed.',
  ),
  'key-not-exportable': entry(
    'provider',
    false,
    'The key was made so that it cannot leave.',
    'Ask for a new enrollment if a backup is needed.',
  ),
  'store-unavailable': entry(
    'store',
    true,
    'A store did not answer.',
    'Try again later; if it stays so, tell the operator.',
  ),
  'store-misconfigured': entry(
    'store',
    false,
    'A store is not set up as needed.',
    'Tell the operator: the message says what is missing.',
  ),
  'record-too-large': entry(
    'store',
    false,
    'A record has grown larger than its store takes.',
    'Tell the operator: nothing was changed, and no repetition helps.',
  ),
  'object-missing': entry(
    'store',
    false,
    'The stored object or its version is not there.',
    'Tell the operator: a stored backup is missing.',
  ),
  'object-damaged': entry(
    'store',
    false,
    'The stored object is not the one that was written.',
    'Tell the operator: a stored backup was changed.',
  ),
  'retention-locked': entry(
    'store',
    false,
    'The object is under retention and cannot be removed or its retention shortened.',
    'Wait until its retention ends.',
  ),
  'retention-shortened': entry(
    'store',
    false,
    'The retention of a stored backup ends before it may.',
    'Tell the operator: whoever may change the store has shortened it.',
  ),
  'webhook-failed': entry(
    'webhook',
    true,
    'The webhook was not taken by its target.',
    'Check the target; dead letters can be redriven.',
  ),
  'webhook-redirected': entry(
    'webhook',
    true,
    'The target of the webhook answered with a redirect, and none is followed.',
    'Register the URL that it redirects to.',
  ),
  'webhook-target-refused': entry(
    'webhook',
    false,
    'The webhook leads to an address that nothing is sent to.',
    'Register a target with a public address; the operator can open others.',
  ),
  'data-folder-in-use': entry(
    'set-up',
    true,
    'Another process works on this data folder.',
    'Stop it, or name another folder.',
  ),
  'not-set-up': entry('set-up', false, 'The organization is not set up.', 'Set it up first.'),
  'refuses-to-overwrite': entry(
    'set-up',
    false,
    'A file of that name exists.',
    'Move it away, or name another.',
  ),
  'server-unreachable': entry(
    'connection',
    true,
    'The server did not answer.',
    'Check its address, and whether it is running.',
  ),
  'answer-unknown': entry(
    'connection',
    false,
    'The answer is not one that this program understands.',
    'Check that the address is that of the service, and that the service is of the same version.',
  ),
  'sign-in-failed': entry('connection', false, 'The sign-in was not completed.', 'Sign in again.'),
  usage: entry('set-up', false, 'The command was not understood.', 'Ask the command for --help.'),
  internal: entry(
    'internal',
    true,
    'Something failed inside the service.',
    'Try again later; if it stays so, tell the operator.',
  ),
  'timed-out': entry(
    'internal',
    true,
    'The service was not done in the time that it has for an answer.',
    'Send the same request again, under the same Idempotency-Key if it has one.',
  ),
} as const;

export type ErrorCode = keyof typeof errorTable;
/** The codes of one family. */
export type CodeOf<F extends ErrorFamily> = {
  [C in ErrorCode]: (typeof errorTable)[C]['family'] extends F ? C : never;
}[ErrorCode];
