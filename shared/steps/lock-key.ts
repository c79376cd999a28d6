import { lockByNothing, lockByPassword, lockToRecipient } from '#crypto/locks.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { InputError, InternalError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Puts the subscriber's lock on a key that custody has wrapped already: the locked record, opened by both only.
 * @throws InputError `invalid-input` if the enrollment's lock needs a password and none is given, `recipient-key-invalid`;
 *   InternalError `internal` for a resident key, which is never wrapped; ProviderError as `KeyProvider.mac`
 */
export async function lockKey(
  { keys }: Pick<Dependencies, 'keys'>,
  { organization, id, lock, recipientKey }: Enrollment,
  wrapped: Uint8Array,
  password: Secret | undefined,
): Promise<Uint8Array> {
  const context = { organization, enrollmentId: id };
  switch (lock) {
    case 'password':
      if (password === undefined) {
        throw new InputError('invalid-input', {
          field: 'password',
          why: 'is missing',
          next: 'Set a password.',
        });
      }
      return await lockByPassword({ wrapped, password, context, mac: (message) => keys.mac(message) });
    case 'recipient':
      if (recipientKey === undefined)
        throw new InputError('recipient-key-invalid', { field: 'recipientKey' });
      return await lockToRecipient({ wrapped, recipientKey, context });
    case 'held':
      return lockByNothing({ wrapped, context });
    case 'resident':
      throw new InternalError('internal', { why: 'A resident key has no locked record.' });
  }
}
