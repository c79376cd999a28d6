/** What an error is about; a class of `errors.ts` each. */
export type ErrorFamily =
  | 'input'
  | 'limit'
  | 'access'
  | 'lock'
  | 'policy'
  | 'state'
  | 'pfx'
  | 'proof'
  | 'provider'
  | 'store'
  | 'webhook'
  | 'set-up'
  | 'connection'
  | 'internal';

/** An error code's entry: whether the same call may succeed later unchanged, what it means, and what to do next. */
export function entry<F extends ErrorFamily>(family: F, retry: boolean, meaning: string, next: string) {
  return { family, retry, meaning, next };
}
