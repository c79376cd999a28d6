/**
 * Whether a name may name a resident key: 1 to 128 letters, digits, dots, hyphens and underscores, the first of them a
 * letter or a digit. So it is no path, hides nothing, and is the same on every file system and token.
 */
export function isKeyName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name);
}
