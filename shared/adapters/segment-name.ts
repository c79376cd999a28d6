import { createHash } from 'node:crypto';

/** Where the segments stand of what names no organization: no organization is called so. */
const nobody = '-';
const identifierForm = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const segmentForm = /^(\d{9,15})\.jsonl$/;

/** The folder of an organization's segments: its name, where it is one; what is no identifier cannot lead out of the store. */
export function segmentFolder(organization: string): string {
  if (organization === '') return nobody;
  if (identifierForm.test(organization)) return organization;
  return `${nobody}${createHash('sha256').update(organization).digest('hex')}`;
}

/** The name of a segment in its folder, as in `000000001.jsonl`: in the order of the numbers, up to the billionth. */
export function segmentFile(segment: number): string {
  return `${String(segment).padStart(9, '0')}.jsonl`;
}

/** The number of the segment whose file is called so; undefined where none is. */
export function segmentIn(name: string): number | undefined {
  const digits = segmentForm.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
