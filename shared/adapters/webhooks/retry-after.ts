/**
 * How long a Retry-After header asks to wait (RFC 9110 section 10.2.3): a number of seconds, or a date.
 * @returns seconds, not negative; undefined if there is none that can be read
 */
export function retryAfterSeconds(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  // An IMF-fixdate begins with the name of a day; Date.parse would take much else for a date.
  if (!/^[A-Z][a-z]{2}, /.test(header)) return undefined;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now.getTime()) / 1000);
}
