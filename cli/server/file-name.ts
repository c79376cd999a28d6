/**
 * The name that a server gives a file, as it is safe to use here (RFC 6266 section 4.3): a plain name, never a path, never
 * hidden, without characters that hide or reorder what is shown.
 * @returns undefined where the header has none that is safe
 */
export function safeFileName(disposition: string | null): string | undefined {
  const encoded = /;\s*filename\*=utf-8''([^;\s]+)/i.exec(disposition ?? '')?.[1];
  const plain = /;\s*filename="((?:[^"\\]|\\.)*)"/i.exec(disposition ?? '')?.[1]?.replaceAll(/\\(.)/g, '$1');
  const name = decoded(encoded) ?? plain;
  return name !== undefined && isSafe(name) ? name : undefined;
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const longest = 200;

function isSafe(name: string): boolean {
  return (
    new TextEncoder().encode(name).length <= longest &&
    /^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}_. -]*[\p{L}\p{M}\p{N}]$/u.test(name) &&
    !name.includes('..')
  );
}
