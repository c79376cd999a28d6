/**
 * A value as JSON that SQS carries: of Unicode it takes what XML 1.0 takes (API reference, SendMessage). JSON escapes control
 * characters and lone surrogates by itself; what is left are the two that are no characters.
 */
export function carriedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (each) =>
    each === '\uFFFE' ? '\\ufffe' : '\\uffff',
  );
}
