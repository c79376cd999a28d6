import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { type Asn1Node, der, encodeDer } from '#crypto/asn1.ts';
import { outputOf } from '#test/support/program.ts';
import { password } from './maker.ts';
import { type Digest, pkcs12Kdf, purpose } from './pkcs12-kdf.ts';

/** The parts of a PFX (RFC 7292 section 4), for files that are put together by hand. */

const oid = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  pkcs8ShroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSHA256: '1.2.840.113549.2.9',
  aes256CBC: '2.16.840.1.101.3.4.1.42',
  digest: { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' },
} as const;

/** Of RFC 7292 appendix C: the object identifier, and the length of the key. */
const pkcs12Schemes = {
  '3des': { identifier: '1.2.840.113549.1.12.1.3', keyLength: 24 },
  'rc2-40': { identifier: '1.2.840.113549.1.12.1.6', keyLength: 5 },
} as const;

export type Scheme = 'aes-256' | keyof typeof pkcs12Schemes;

interface Encrypted {
  algorithm: Asn1Node;
  bytes: Uint8Array;
}

async function encrypt(scheme: Scheme, iterations: number, plain: Uint8Array): Promise<Encrypted> {
  if (scheme === 'aes-256') return encryptByPbes2(iterations, plain);
  const { identifier, keyLength } = pkcs12Schemes[scheme];
  const salt = randomBytes(8);
  const derive = (id: number, length: number) =>
    pkcs12Kdf('sha1', password, salt, { id, iterations, length });
  const key = derive(purpose.key, keyLength);
  const iv = derive(purpose.initializationVector, 8);
  const parameters = der.sequence(der.octetString(salt), der.integer(iterations));
  const bytes = scheme === '3des' ? encipher('des-ede3-cbc', key, iv, plain) : await rc2(key, iv, plain);
  return { algorithm: der.sequence(der.oid(identifier), parameters), bytes };
}

function encryptByPbes2(iterations: number, plain: Uint8Array): Encrypted {
  const [salt, iv] = [randomBytes(8), randomBytes(16)];
  const key = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const prf = der.sequence(der.oid(oid.hmacWithSHA256), der.null());
  const kdf = der.sequence(
    der.oid(oid.pbkdf2),
    der.sequence(der.octetString(salt), der.integer(iterations), prf),
  );
  const cipher = der.sequence(der.oid(oid.aes256CBC), der.octetString(iv));
  const algorithm = der.sequence(der.oid(oid.pbes2), der.sequence(kdf, cipher));
  return { algorithm, bytes: encipher('aes-256-cbc', key, iv, plain) };
}

function encipher(cipher: string, key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  const stream = createCipheriv(cipher, key, iv);
  return Buffer.concat([stream.update(plain), stream.final()]);
}

/** Node has no RC2; the program of OpenSSL has. */
function rc2(key: Buffer, iv: Buffer, plain: Uint8Array): Promise<Buffer> {
  const secrets = ['-K', key.toString('hex'), '-iv', iv.toString('hex')];
  const providers = ['-provider', 'legacy', '-provider', 'default'];
  return outputOf('openssl', ['enc', '-e', '-rc2-40-cbc', ...secrets, ...providers], plain);
}

/** An attribute of a bag. */
export function attribute(identifier: string, ...values: Asn1Node[]): Asn1Node {
  return der.sequence(der.oid(identifier), der.set(...values));
}

/** A PKCS8ShroudedKeyBag. @param pkcs8 DER */
export async function keyBag(
  scheme: Scheme,
  iterations: number,
  pkcs8: Uint8Array,
  attributes: Asn1Node[],
): Promise<Asn1Node> {
  const { algorithm, bytes } = await encrypt(scheme, iterations, pkcs8);
  const shrouded = der.sequence(algorithm, der.octetString(bytes));
  return der.sequence(der.oid(oid.pkcs8ShroudedKeyBag), der.context(0, shrouded), der.set(...attributes));
}

/** A CertBag. @param certificate DER */
export function certificateBag(certificate: Uint8Array, attributes: Asn1Node[]): Asn1Node {
  const wrapped = der.context(0, der.octetString(certificate));
  const value = der.sequence(der.oid(oid.x509Certificate), wrapped);
  return der.sequence(der.oid(oid.certBag), der.context(0, value), der.set(...attributes));
}

const contentInfo = (type: string, content: Asn1Node) => der.sequence(der.oid(type), der.context(0, content));

/** Data: bags as they are. */
export function clearSafe(...bags: Asn1Node[]): Asn1Node {
  return contentInfo(oid.data, der.octetString(encodeDer(der.sequence(...bags))));
}

/** EncryptedData: bags under the password. */
export async function encryptedSafe(
  scheme: Scheme,
  iterations: number,
  ...bags: Asn1Node[]
): Promise<Asn1Node> {
  const { algorithm, bytes } = await encrypt(scheme, iterations, encodeDer(der.sequence(...bags)));
  const info = der.sequence(der.oid(oid.data), algorithm, der.contextPrimitive(0, bytes));
  return contentInfo(oid.encryptedData, der.sequence(der.integer(0), info));
}

/** The whole file, with a MAC by PKCS12KDF. Its count is written even where it is 1, the default. */
export function container(
  safes: Asn1Node[],
  mac: { digest: Digest; iterations: number; saltLength: number },
): Uint8Array {
  const salt = randomBytes(mac.saltLength);
  const length = mac.digest === 'sha1' ? 20 : 32;
  const key = pkcs12Kdf(mac.digest, password, salt, { id: purpose.mac, iterations: mac.iterations, length });
  const algorithm = der.sequence(der.oid(oid.digest[mac.digest]), der.null());
  return held(safes, (authenticated) => {
    const value = createHmac(mac.digest, key).update(authenticated).digest();
    const digestInfo = der.sequence(algorithm, der.octetString(value));
    return der.sequence(digestInfo, der.octetString(salt), der.integer(mac.iterations));
  });
}

/** The whole file. @param macData makes MacData over the AuthenticatedSafe */
export function held(safes: Asn1Node[], macData: (authenticated: Uint8Array) => Asn1Node): Uint8Array {
  const authenticated = encodeDer(der.sequence(...safes));
  const content = contentInfo(oid.data, der.octetString(authenticated));
  return encodeDer(der.sequence(der.integer(3), content, macData(authenticated)));
}
