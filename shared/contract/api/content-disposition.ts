/** What `filename*` may hold as it is (RFC 8187 section 3.2.1, attr-char); everything else is percent-encoded. */
const encodedByEncodeUri = /[!'()*]/g;

/**
 * The header that has a file saved under a name (RFC 6266): a plain ASCII form for readers that know no other, and the name
 * itself in UTF-8 (RFC 8187).
 * @param fileName without folders
 */
export function attachmentNamed(fileName: string): string {
  const wellFormed = fileName.toWellFormed();
  const plain = wellFormed
    .normalize('NFD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^\x20-\x7e]/gu, '_')
    .replaceAll(/["\\%/]/g, '_');
  const encoded = encodeURIComponent(wellFormed).replaceAll(
    encodedByEncodeUri,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
