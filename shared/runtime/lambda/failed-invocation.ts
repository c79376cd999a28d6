import { asEscrowError, EscrowError } from '#domain/errors.ts';

/**
 * An error as it may leave a function: AWS Lambda writes down and hands on all that a thrown one holds. This one holds a code and
 * the meaning of that code, and nothing that the failure was about; the log has said more.
 */
export function failedInvocation(error: unknown): EscrowError {
  const { code } = asEscrowError(error);
  return new EscrowError(code);
}
