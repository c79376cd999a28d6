import { der, encodeDer } from '#crypto/asn1.ts';
import type { Tlv } from './tlv.ts';

/** Short names for the elements that a PFX is made of. */
export const nodes = {
  sequence: (...content: readonly Tlv[]): Tlv => ({ tag: 0x30, content }),
  set: (...content: readonly Tlv[]): Tlv => ({ tag: 0x31, content }),
  /** `[0]` around others. */
  context: (...content: readonly Tlv[]): Tlv => ({ tag: 0xa0, content }),
  oid: (dotted: string): Tlv => ({ tag: 0x06, content: encodeDer(der.oid(dotted)).subarray(2) }),
  integer: (value: number): Tlv => ({ tag: 0x02, content: encodeDer(der.integer(value)).subarray(2) }),
  /** An INTEGER of any content octets, in hexadecimal: negative, padded and empty ones too. */
  integerOf: (hex: string): Tlv => ({ tag: 0x02, content: Buffer.from(hex, 'hex') }),
  null: (): Tlv => ({ tag: 0x05, content: new Uint8Array() }),
  octets: (content: Tlv['content']): Tlv => ({ tag: 0x04, content }),
  bmpString: (text: string): Tlv => ({ tag: 0x1e, content: Buffer.from(text, 'utf16le').swap16() }),
  /** Bytes as they are, without a tag. */
  bare: (content: Uint8Array): Tlv => ({ tag: 0, content, form: 'bare' }),
};

/** The same node under a name that edits find it by. */
export function labelled(label: string, node: Tlv): Tlv {
  return { ...node, label };
}
