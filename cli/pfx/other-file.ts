import { derContent, startsWith } from './der-start.ts';

/** What a file is that is no PFX, and what to do with it, in sentences. */
export interface OtherFile {
  why: string;
  next: string;
}

/** So much of a file is looked at: PEM may have a text before it. */
const looked = 65_536;

const takePfx = 'Name the file that has the private key too, and ends in .pfx or .p12.';
const makeOne =
  'The openssl program makes a PFX of a private key and its certificate: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out NEW.pfx';

const notPfx = (what: string, next: string): OtherFile => ({ why: `This is ${what}, not a PFX.`, next });

/**
 * Recognizes, by how it begins and by the labels in it, what a person may take for a PFX. Nothing is parsed.
 * @returns undefined of what may be a PFX, or of what is not known
 */
export function otherFile(bytes: Uint8Array): OtherFile | undefined {
  if (bytes.length === 0) return { why: 'The file is empty.', next: 'Take another copy of the file.' };
  const start = bytes.subarray(0, looked);
  return byMagic(start) ?? byDer(start) ?? byText(start);
}

const magic: readonly (readonly [hex: string, file: OtherFile])[] = [
  ['504b0304', notPfx('a ZIP archive', 'Take the .pfx or .p12 file out of it.')],
  ['feedfeed', javaKeystore('JKS')],
  ['cececece', javaKeystore('JCEKS')],
];

function javaKeystore(kind: string): OtherFile {
  return notPfx(
    `a Java keystore of the kind ${kind}`,
    'The keytool program makes a PFX of it: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12',
  );
}

function byMagic(start: Uint8Array): OtherFile | undefined {
  return magic.find(([hex]) => startsWith(start, hex))?.[1];
}

/** How the content of the outer SEQUENCE begins, its tags without their lengths, and what that is. */
const derForms: readonly (readonly [path: readonly string[], file: OtherFile])[] = [
  [['30', 'a0'], notPfx('a certificate in DER', takePfx)],
  [['30', '020100'], notPfx('a certificate request in DER', takePfx)],
  [['30', '06092a864886f70d0105'], notPfx('an encrypted private key in DER (PKCS#8)', makeOne)],
  [['30', '060a2a864886f70d010c01'], notPfx('an encrypted private key in DER (PKCS#8)', makeOne)],
  [['30', '06'], notPfx('a public key in DER', takePfx)],
  [['02010030'], notPfx('a private key in DER (PKCS#8)', makeOne)],
  [['02010002'], notPfx('a private key in DER', makeOne)],
  [['02010104'], notPfx('a private key in DER', makeOne)],
  [['06092a864886f70d0107'], notPfx('a PKCS#7 file, which holds certificates and no private key', takePfx)],
];

function byDer(start: Uint8Array): OtherFile | undefined {
  return derForms.find(([path]) => {
    let content: Uint8Array | undefined = derContent(start, '30');
    for (const step of path.slice(0, -1)) content = content && derContent(content, step);
    return content !== undefined && startsWith(content, path.at(-1) ?? '');
  })?.[1];
}

function byText(start: Uint8Array): OtherFile | undefined {
  const text = Buffer.from(start).toString('latin1');
  return byLabels(text) ?? byAlphabet(text.trim()) ?? byCharacters(start);
}

/** What the labels of PEM (RFC 7468) name; a private key beside a certificate is more than either. */
function byLabels(text: string): OtherFile | undefined {
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9][A-Z0-9 ]{0,60})-----/g)].map(
    ([, label = '']) => label,
  );
  if (labels.length === 0) return undefined;
  const has = (pattern: RegExp) => labels.some((label) => pattern.test(label));
  if (has(/^PKCS12$/)) {
    return {
      why: 'This is a PFX in PEM, not as systems import it.',
      next: 'Leave out its first and last line, and decode the others: openssl base64 -d -in FILE -out NEW.pfx',
    };
  }
  const key = has(/PRIVATE KEY$/);
  const certificate = has(/^(TRUSTED |X509 )?CERTIFICATE$/);
  if (key && certificate)
    return notPfx(
      'a private key and a certificate in PEM',
      makeOne.replace('KEY -in CERTIFICATE', 'FILE -in FILE'),
    );
  if (key)
    return notPfx(has(/^ENCRYPTED /) ? 'an encrypted private key in PEM' : 'a private key in PEM', makeOne);
  if (certificate) return notPfx('a certificate in PEM', takePfx);
  if (has(/CERTIFICATE REQUEST$/)) return notPfx('a certificate request in PEM', takePfx);
  if (has(/^(PKCS7|CMS)$/)) {
    return notPfx('a PKCS#7 file in PEM, which holds certificates and no private key', takePfx);
  }
  return notPfx('a text in PEM', takePfx);
}

/** A whole text of few characters: base64 (RFC 4648), and the compact form of a JWS (RFC 7515 section 7.1). */
function byAlphabet(text: string): OtherFile | undefined {
  if (/^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(text)) {
    return notPfx('a signed statement (JWS), as a receipt is', 'Check a receipt by escrow receipt verify.');
  }
  if (!/^M[\sA-Za-z0-9+/]+=*$/.test(text)) return undefined;
  const content = derContent(Buffer.from(text.slice(0, 100), 'base64'), '30');
  if (content === undefined || !startsWith(content, '020103')) return undefined;
  // Without the option, openssl takes lines of 76 characters at most; with it, one line.
  const option = text.includes('\n') ? '' : ' -A';
  return {
    why: 'This is a PFX in base64, not as systems import it.',
    next: `Decode it first: openssl base64 -d${option} -in FILE -out NEW.pfx`,
  };
}

function byCharacters(start: Uint8Array): OtherFile | undefined {
  const isText = start.every((byte) => byte >= 0x20 || whitespace.includes(byte));
  return isText ? notPfx('a text', takePfx) : undefined;
}

/** Tab, line feed, carriage return. */
const whitespace: readonly number[] = [0x09, 0x0a, 0x0d];
