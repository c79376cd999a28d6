/** A value for machines, of others: what a terminal would not show, or act upon, is escaped. It is the same JSON. */
export function escapedJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, 2).replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (text) =>
    text.split('').map(escaped).join(''),
  );
}
