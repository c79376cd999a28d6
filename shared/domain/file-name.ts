import { type Purpose, purposeNames } from './purpose.ts';

/**
 * With the longest suffix well under the 143 bytes that encrypted file systems allow, and the 255 of all others.
 * In bytes of UTF-8.
 */
const longestBase = 96;
const fallback = 'subscriber';

/**
 * The name of a file that a subscriber keeps, by the convention: `yourlastname_Enroll_ID.pfx`. Safe on every file system:
 * of the family name only visible letters, marks, digits and inner hyphens stay, in lower case and NFC, in any script. So
 * nothing separates folders, hides, reorders text or needs quoting, and nothing starts like an option. The suffix keeps
 * the name from ever being a Windows device (`con`, `lpt1`), which only a whole stem is.
 * @param extension without its leading dot: `pfx`, `csr.pem`
 */
export function exportFileName(familyName: string, purpose: Purpose, extension: string): string {
  return `${safeBase(familyName)}_Enroll_${purposeNames[purpose].fileSuffix}.${extension}`;
}

function safeBase(familyName: string): string {
  const kept = familyName
    .normalize('NFC')
    .toLowerCase()
    .replace(/\p{Dash_Punctuation}/gu, '-')
    .replace(/\p{Default_Ignorable_Code_Point}|[^\p{Letter}\p{Mark}\p{Number}-]/gu, '')
    // What was taken out may have stood between a letter and its mark.
    .normalize('NFC');
  return trimmed(shortened(trimmed(kept))) || fallback;
}

/** Without hyphens at either end, or marks that have no letter to stand on. */
function trimmed(text: string): string {
  return text.replace(/^[-\p{Mark}]+|-+$/gu, '');
}

/** As many whole characters, as a reader sees them (Unicode Standard Annex 29), as fit. */
function shortened(text: string): string {
  let bytes = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += new TextEncoder().encode(segment).length;
    if (bytes > longestBase) break;
    kept += segment;
  }
  return kept;
}
