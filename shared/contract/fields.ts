import * as v from 'valibot';

// Messages read `why|what to do next`, both after the field's name. They never repeat the value.

/**
 * Text that a person typed: trimmed, NFC, no control, bidirectional or zero-width characters; but for the two joiners,
 * which names in Persian and in Indian scripts are spelled with.
 */
export function text(minimum: number, maximum: number) {
  return v.pipe(
    v.string(),
    v.transform((value) => value.trim().normalize('NFC')),
    v.minLength(minimum, 'is empty|Fill it in.'),
    v.maxLength(maximum, `is longer than ${maximum} characters|Shorten it.`),
    v.regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]*$/u,
      'holds a control or invisible character|Type it again without it.',
    ),
  );
}

/** An identifier that is safe in a path, a URL and a key label. */
export const identifier = v.pipe(
  v.string(),
  v.nonEmpty('is empty|Fill it in.'),
  v.maxLength(64, 'is longer than 64 characters|Shorten it.'),
  v.regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/,
    'holds a character that an identifier may not|Use letters, digits, dot, dash and underscore, a letter or digit first.',
  ),
);

/** What an organization calls a subscriber: an identifier, or an address, safe as a folder's name. */
export const subscriberIdentifier = v.pipe(
  v.string(),
  v.nonEmpty('is empty|Fill it in.'),
  v.maxLength(64, 'is longer than 64 characters|Shorten it.'),
  v.regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9@+._-]*[A-Za-z0-9_-])?$/,
    'holds a character that it may not|Use letters, digits, dot, dash, underscore, plus and @, a letter or digit first.',
  ),
);

/** An address that a notice can reach: ASCII, as certificates carry it (RFC 5280 rfc822Name). */
export const emailAddress = v.pipe(
  v.string(),
  v.nonEmpty('is empty|Fill it in: the subscriber must be reachable.'),
  v.maxLength(254, 'is longer than 254 characters|Use a shorter address.'),
  v.regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/,
    'is not an address|Write it as name@example.org.',
  ),
);

/** One of a list of words. */
export function oneOf<const T extends readonly string[]>(words: T) {
  return v.picklist(words, `is not one of the known words|Use one of: ${words.join(', ')}.`);
}

/** Longest common name of a certificate (RFC 5280 appendix A, ub-common-name). */
export const longestCommonName = 64;

/** The names as a certificate's subject shows them, in one. */
export function commonNameOf({ givenName, familyName }: { givenName: string; familyName: string }): string {
  return `${givenName} ${familyName}`.trim();
}

/** Whether the names fit into a certificate together; checked at the request, long before the CSR is made. */
export function namesFit(names: { givenName: string; familyName: string }): boolean {
  return [...commonNameOf(names)].length <= longestCommonName;
}

export const namesTooLong = `is too long together with the given name: more than ${longestCommonName} characters|Shorten the given name.`;

/** In the place of a policy, where settings are changed: what an administrator could once do alone, and is told of. */
export const noPolicy = v.never(
  'is no setting|It is proposed by one administrator and approved by another: no setting changes it.',
);

/** How long escrowed backups are locked: up to a hundred years. */
export const retentionDays = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(36_500));
