import { InputError } from '#domain/errors.ts';

// A part never begins with a dot, so no part is `.` or `..` and none is hidden. The store appends about 45 characters.
const part = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;
const longestName = 600;

/** Whether a name can be an object's: parts of letters, digits, `-`, `_` and `.`, joined by `/`. */
export function isObjectName(name: string): boolean {
  return name.length <= longestName && name.split('/').every((each) => part.test(each));
}

/** @throws InputError `invalid-input` if it cannot */
export function requireObjectName(name: string): void {
  if (isObjectName(name)) return;
  throw new InputError('invalid-input', {
    field: 'name',
    why: 'is no object name',
    next: 'Use letters, digits, hyphen, underscore and dot, in parts joined by slashes.',
  });
}
