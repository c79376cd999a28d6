/** Something that must not be found, and what to call it when it is. */
export interface Sought {
  name: string;
  bytes: Uint8Array;
}

interface Form {
  form: string;
  bytes: Buffer;
}

interface Needle extends Form {
  name: string;
}

/**
 * The bytes that a secret becomes in each way in which it might be written: plain, in hex, base64 and base64url whatever
 * stands before it, as lists of numbers (what JSON and `inspect` make of bytes), and every text of these in UTF-16.
 */
export function formsOf(secret: Uint8Array): Form[] {
  const plain = Buffer.from(secret);
  const hex = plain.toString('hex');
  const texts: [string, string][] = [
    ['hex', hex],
    ['upper-case hex', hex.toUpperCase()],
    [
      'spaced hex',
      plain
        .subarray(0, 40)
        .toString('hex')
        .replaceAll(/..(?=.)/g, '$& '),
    ],
    ['decimal list', plain.join(',')],
    ['spaced decimal list', plain.join(', ')],
    ['bytes by index', [...plain].map((byte, index) => `"${index}":${byte}`).join(',')],
    ...[0, 1, 2].flatMap((shift): [string, string][] => [
      [`base64 after ${shift}`, shiftedBase64(plain, shift, 'base64')],
      [`base64url after ${shift}`, shiftedBase64(plain, shift, 'base64url')],
    ]),
  ];
  const printable = plain.every((byte) => byte >= 0x20 && byte <= 0x7e);
  const wide: [string, string][] = printable ? [['plain', plain.toString('latin1')], ...texts] : texts;
  return [
    { form: 'plain', bytes: plain },
    ...texts.map(([form, text]) => ({ form, bytes: Buffer.from(text) })),
    ...wide.flatMap(([form, text]) => {
      const littleEndian = Buffer.from(text, 'utf16le');
      return [
        { form: `${form} in UTF-16LE`, bytes: littleEndian },
        { form: `${form} in UTF-16BE`, bytes: Buffer.from(littleEndian).swap16() },
      ];
    }),
  ];
}

/** The characters that a secret always gives when so many bytes, of whatever value, stand before it in its group of three. */
function shiftedBase64(secret: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), secret]).toString(encoding);
  return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + secret.length) * 8) / 6));
}

/** How many bytes of a needle are looked up at each place. */
const startLength = 4;

/** Finds secrets in bytes, in any of their forms, also where lines are broken within. */
export class SecretScanner {
  readonly #needles: readonly Needle[];
  /** By their first bytes, read as one number: content is gone through once, however many there are. */
  readonly #byStart = new Map<number, Needle[]>();

  constructor(sought: readonly Sought[]) {
    this.#needles = sought.flatMap(({ name, bytes }) => {
      if (bytes.length < 8) throw new RangeError(`${name} is too short to be sought`);
      return formsOf(bytes).map((form) => ({ name, ...form }));
    });
    for (const needle of this.#needles) {
      const start = needle.bytes.readUInt32LE(0);
      this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), needle]);
    }
  }

  /** @returns what was found, as `name: form`, each once */
  find(content: Uint8Array): string[] {
    const asIs = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const unbroken = withoutLineBreaks(asIs);
    const found = new Set([...this.#in(asIs), ...this.#in(unbroken)]);
    const inOrder = this.#needles.filter((needle) => found.has(needle));
    return [...new Set(inOrder.map(({ name, form }) => `${name}: ${form}`))];
  }

  *#in(content: Buffer): Generator<Needle> {
    for (let at = 0; at + startLength <= content.length; at += 1) {
      for (const needle of this.#byStart.get(content.readUInt32LE(at)) ?? []) {
        const { bytes } = needle;
        const end = Math.min(content.length, at + bytes.length);
        if (bytes.compare(content, at, end) === 0) yield needle;
      }
    }
  }
}

/** Without line breaks, as they are and as JSON and other quoting writes them. */
function withoutLineBreaks(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replaceAll(/[\r\n]|\\+[rn]/g, ''), 'latin1');
}
