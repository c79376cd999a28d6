import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto';
import { type Asn1Node, der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { bmpPassword } from '#crypto/pfx/password.ts';
import { pkcs12KdfSync } from '#crypto/worker/pkcs12-kdf.ts';
import type { Secret } from '#domain/secret.ts';
import { password } from './subject.ts';

/** PFX files that our writer would never write, part by part; what is not named is as our writer would have it. */

export interface CraftedEncryption {
  salt?: Uint8Array;
  /** The count that is written; one iteration is what is derived. */
  iterations?: Asn1Node;
  /** The optional PBKDF2 keyLength, INTEGER. */
  keyLength?: Asn1Node;
  prf?: string;
  cipher?: string;
  iv?: Uint8Array;
  kdf?: string;
  scheme?: string;
  /** The whole AlgorithmIdentifier, in place of the one that the others make. */
  identifier?: Asn1Node;
  /** Other bytes than the right ones. */
  bytes?: Uint8Array;
  /** In place of the one that the MAC has. */
  password?: Secret;
}

const filler = new Uint8Array(16).fill(7);
const one = () => der.integer(1);

/** An INTEGER of any content octets, negative and padded ones included. */
export function integerOf(hex: string): Asn1Node {
  const node = der.octetString(Buffer.from(hex, 'hex'));
  return { ...node, type: 2 };
}

export function pbes2(with_: CraftedEncryption): Asn1Node {
  if (with_.identifier !== undefined) return with_.identifier;
  const { salt = filler, iterations = one(), keyLength, iv = filler } = with_;
  const prf = der.sequence(der.oid(with_.prf ?? oids.hmacWithSHA256), der.null());
  const lengths = keyLength === undefined ? [] : [keyLength];
  const parameters = der.sequence(der.octetString(salt), iterations, ...lengths, prf);
  const kdf = der.sequence(der.oid(with_.kdf ?? oids.pbkdf2), parameters);
  const cipher = der.sequence(der.oid(with_.cipher ?? oids.aes256CBC), der.octetString(iv));
  return der.sequence(der.oid(with_.scheme ?? oids.pbes2), der.sequence(kdf, cipher));
}

export function encrypted(with_: CraftedEncryption, plain: Uint8Array): Uint8Array {
  const { salt = filler, iv = filler, bytes, password: of = password } = with_;
  if (bytes !== undefined) return bytes;
  const key = pbkdf2Sync(of.bytes(), salt, 1, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv.length === 16 ? iv : filler);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

export function bag(type: string, value: Asn1Node, ...attributes: Asn1Node[]): Asn1Node {
  return der.sequence(der.oid(type), der.context(0, value), ...attributes);
}

export function keyBag(pkcs8: Uint8Array, with_: CraftedEncryption = {}): Asn1Node {
  const shrouded = der.sequence(pbes2(with_), der.octetString(encrypted(with_, pkcs8)));
  return bag(oids.pkcs8ShroudedKeyBag, shrouded);
}

export function certificateBag(certificate: Uint8Array, ...attributes: Asn1Node[]): Asn1Node {
  const wrapped = der.context(0, der.octetString(certificate));
  return bag(oids.certBag, der.sequence(der.oid(oids.x509Certificate), wrapped), ...attributes);
}

export function contentInfo(type: string, content: Asn1Node): Asn1Node {
  return der.sequence(der.oid(type), der.context(0, content));
}

/** Data: SafeContents in clear. */
export function clear(...bags: Asn1Node[]): Asn1Node {
  return contentInfo(oids.data, der.octetString(encodeDer(der.sequence(...bags))));
}

/** EncryptedData: of SafeContents, or of any bytes. */
export function sealed(content: Asn1Node[] | Uint8Array, with_: CraftedEncryption = {}): Asn1Node {
  const plain = content instanceof Uint8Array ? content : encodeDer(der.sequence(...content));
  const info = der.sequence(
    der.oid(oids.data),
    pbes2(with_),
    der.contextPrimitive(0, encrypted(with_, plain)),
  );
  return contentInfo(oids.encryptedData, der.sequence(der.integer(0), info));
}

export interface CraftedMac {
  salt?: Uint8Array;
  /** The count that is written; one iteration is what is derived. Not written unless given. */
  iterations?: Asn1Node;
  digest?: string;
  /** In place of the right one. */
  value?: Uint8Array;
  /** In place of the one that the bags have. */
  password?: Secret;
  /** The whole MacData, in place of the one that the others make. */
  whole?: (authenticated: Uint8Array) => Asn1Node;
}

export interface CraftedPfx {
  version?: Asn1Node;
  safes: Asn1Node[];
  /** The type of the outer content. */
  type?: string;
  mac?: CraftedMac | 'none';
  /** After MacData, inside the outer sequence. */
  more?: Asn1Node[];
}

/** The whole file, MAC included. */
export function craftPfx({
  version = der.integer(3),
  safes,
  type,
  mac = {},
  more = [],
}: CraftedPfx): Uint8Array {
  const authenticated = encodeDer(der.sequence(...safes));
  const content = contentInfo(type ?? oids.data, der.octetString(authenticated));
  const macData = mac === 'none' ? [] : [mac.whole?.(authenticated) ?? craftMac(mac, authenticated)];
  return encodeDer(der.sequence(version, content, ...macData, ...more));
}

function craftMac(
  { salt = filler, iterations, digest, value, password: of = password }: CraftedMac,
  authenticated: Uint8Array,
): Asn1Node {
  const bmp = bmpPassword(of);
  const key = pkcs12KdfSync({ digest: 'sha256', password: bmp, salt, id: 3, iterations: 1, keyLength: 32 });
  const right = createHmac('sha256', key).update(authenticated).digest();
  const algorithm = der.sequence(der.oid(digest ?? oids.sha256), der.null());
  const counts = iterations === undefined ? [] : [iterations];
  return der.sequence(
    der.sequence(algorithm, der.octetString(value ?? right)),
    der.octetString(salt),
    ...counts,
  );
}

export interface CraftedPbmac1 {
  /** What is written; what is derived has as many bytes, or 32. */
  keyLength?: Asn1Node | 'none';
  keyBytes?: number;
  /** Of PBKDF2; in place of the octet string. */
  salt?: Asn1Node;
  iterations?: Asn1Node;
  /** The message authentication scheme's identifier. */
  scheme?: string;
  value?: Uint8Array;
  /** MacData's own salt and count, which mean nothing. */
  unused?: Asn1Node[];
}

/** MacData with PBMAC1 (RFC 9879). */
export function pbmac1({
  keyLength,
  keyBytes = 32,
  salt,
  iterations = one(),
  scheme,
  value,
  unused,
}: CraftedPbmac1 = {}): (authenticated: Uint8Array) => Asn1Node {
  const prf = der.sequence(der.oid(oids.hmacWithSHA256), der.null());
  const lengths = keyLength === 'none' ? [] : [keyLength ?? der.integer(keyBytes)];
  const parameters = der.sequence(salt ?? der.octetString(filler), iterations, ...lengths, prf);
  const kdf = der.sequence(der.oid(oids.pbkdf2), parameters);
  const mac = der.sequence(der.oid(scheme ?? oids.hmacWithSHA256), der.null());
  const algorithm = der.sequence(der.oid(oids.pbmac1), der.sequence(kdf, mac));
  const key = pbkdf2Sync(password.bytes(), filler, 1, keyBytes, 'sha256');
  return (authenticated) => {
    const right = createHmac('sha256', key).update(authenticated).digest();
    const digestInfo = der.sequence(algorithm, der.octetString(value ?? right));
    return der.sequence(digestInfo, ...(unused ?? [der.octetString(Buffer.from('NOT USED'))]));
  };
}

/** pkcs-12PbeParams under one of its identifiers (RFC 7292 appendix C). */
export function classic(oid: string, iterations: Asn1Node = one(), salt: Uint8Array = filler): Asn1Node {
  return der.sequence(der.oid(oid), der.sequence(der.octetString(salt), iterations));
}
