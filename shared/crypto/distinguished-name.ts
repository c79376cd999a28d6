import { InputError } from '#domain/errors.ts';
import { type Asn1Node, der } from './asn1.ts';
import { oids } from './oids.ts';

/** Whom a certificate is requested for. Each value is 1 to 64 characters (RFC 5280 appendix A.1, ub-common-name and its like). */
export interface SubjectName {
  commonName: string;
  organizationName?: string;
  organizationalUnitName?: string;
  /** Tells two persons of one name apart (RFC 4519 section 2.31). PrintableString: see `isPrintableString`. */
  serialNumber?: string;
}

export const longestAttribute = 64;

/**
 * The X.501 Name of a subject: one attribute in each relative name, the most general first (RFC 5280 section 4.1.2.4).
 * Text is UTF8String in NFC, the serial number PrintableString.
 * @throws InputError `invalid-input` naming the field that is empty, too long, or has characters a name may not have
 */
export function distinguishedName(subject: SubjectName): Asn1Node {
  const { organizationName, organizationalUnitName, commonName, serialNumber } = subject;
  const names = [
    textName('organizationName', organizationName),
    textName('organizationalUnitName', organizationalUnitName),
    textName('commonName', commonName),
    serialNumberName(serialNumber),
  ];
  return der.sequence(...names.filter((name) => name !== undefined));
}

/** Whether a text has only the characters of ASN.1 PrintableString (X.680 table 10): no `_`, no `@`. */
export function isPrintableString(text: string): boolean {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
}

type TextAttribute = 'organizationName' | 'organizationalUnitName' | 'commonName';

function textName(attribute: TextAttribute, value: string | undefined): Asn1Node | undefined {
  if (value === undefined) return undefined;
  // One spelling of a letter with its accents, so that names that look the same are the same.
  const text = value.normalize('NFC');
  checkLength(attribute, text);
  // A control character, or half a surrogate pair, would make one reader see another name than the next.
  if (/[\p{Control}\p{Surrogate}]/u.test(text)) refuse(attribute, 'has a character that a name may not have');
  return relativeName(oids[attribute], der.utf8String(text));
}

function serialNumberName(value: string | undefined): Asn1Node | undefined {
  if (value === undefined) return undefined;
  checkLength('serialNumber', value);
  if (!isPrintableString(value)) {
    refuse('serialNumber', "may have letters, digits, spaces and '()+,-./:=? only");
  }
  return relativeName(oids.serialNumber, der.printableString(value));
}

function checkLength(attribute: keyof SubjectName, text: string): void {
  if (text.trim() === '') refuse(attribute, 'is empty');
  if ([...text].length > longestAttribute) refuse(attribute, `has more than ${longestAttribute} characters`);
}

function refuse(attribute: keyof SubjectName, why: string): never {
  throw new InputError('invalid-input', { field: `subject.${attribute}`, why });
}

function relativeName(type: string, value: Asn1Node): Asn1Node {
  return der.set(der.sequence(der.oid(type), value));
}
