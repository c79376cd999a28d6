import { entry } from './error-entry.ts';

const refused = (meaning: string, next: string) => entry('pfx', false, meaning, next);

/** What a PFX (PKCS#12) file is refused for. The part of `errorTable` that every reader of such files uses. */
export const pfxErrors = {
  'pfx-malformed': refused(
    'This is not a well-formed PFX (PKCS#12) file.',
    'Check that the file is complete and is a .pfx or .p12 file.',
  ),
  'pfx-too-large': refused(
    'The file is larger or deeper than any backup.',
    'Check that it is the right file.',
  ),
  'pfx-unsupported': refused(
    'The file uses an algorithm that a backup may not use.',
    'Export it again as PBES2 with AES-256 and an HMAC-SHA256 MAC.',
  ),
  'pfx-foreign-content': refused(
    'The file holds something that is no part of a backup, such as a secret, a revocation list or a container within a container.',
    'Export the private key and its certificates by themselves.',
  ),
  'pfx-not-by-password': refused(
    "The file is protected by somebody's certificate, not by a password.",
    'Export it again under a password.',
  ),
  'pfx-unsafe-parameters': refused(
    'An iteration count, salt, key length or initialization vector of the file cannot be right, or would let anybody forge it.',
    'Export it again with another program.',
  ),
  'pfx-costly': refused(
    'The file asks for more key-derivation work than is allowed.',
    'Export it again with fewer iterations.',
  ),
  'pfx-unprotected': refused(
    'The file holds a private key or a certificate that is not encrypted.',
    'Export it again with the key and the certificates encrypted.',
  ),
  'pfx-key-count': refused(
    'The file does not hold exactly one private key.',
    'Export the one key pair by itself.',
  ),
  'pfx-no-mac': refused('The file has no integrity check.', 'Export it again with a MAC.'),
  'pfx-wrong-password-or-damaged': refused(
    'The password is wrong, or the file is damaged: which of the two cannot be known.',
    'Try the password again; then try another copy of the file.',
  ),
  'pfx-parts-differ': refused(
    'The password is right for the file as a whole, but not for all that is in it: parts were put together that do not belong together.',
    'Take another copy of the file, or export it again.',
  ),
  'pfx-key-damaged': refused('The private key in the file is damaged.', 'Take another copy of the file.'),
  'pfx-key-mismatch': refused(
    'The private key does not belong to the certificate beside it.',
    'Take another copy of the file.',
  ),
  'pfx-other-key': refused(
    'The file holds another key pair than the one of the enrollment.',
    'Check that it is the file of this enrollment.',
  ),
} as const;
