import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { outputOf } from './program.ts';

/** What the openssl program took out of a PFX. */
export interface OpenedPfx {
  privateKey: KeyObject;
  certificate: X509Certificate;
}

/** Opens a PFX by the openssl program; the password goes to its standard input. Fails the test if it does not open. */
export async function openWithOpenssl(file: string, password: string | Uint8Array): Promise<OpenedPfx> {
  const pem = (
    await outputOf('openssl', ['pkcs12', '-in', file, '-passin', 'stdin', '-noenc'], password)
  ).toString();
  return {
    privateKey: createPrivateKey(pem),
    certificate: new X509Certificate(pemBlock(pem, 'CERTIFICATE')),
  };
}

/** DER SubjectPublicKeyInfo of a key, private or public. */
export function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}

/** DER SubjectPublicKeyInfo of a certificate request, by the openssl program, which verifies its signature first. */
export async function spkiOfCsr(file: string): Promise<Buffer> {
  const pem = await outputOf('openssl', ['req', '-in', file, '-verify', '-noout', '-pubkey']);
  return spkiOf(createPublicKey(pem));
}

/** The one block of a kind in a PEM text, markers included. */
export function pemBlock(pem: string, kind: string): string {
  const found = pem.match(new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----\n`, 'g')) ?? [];
  if (found[0] === undefined || found.length > 1) throw new TypeError(`not one ${kind}, but ${found.length}`);
  return found[0];
}

/** The bytes of the one block of a kind in a PEM text. */
export function derOf(pem: string, kind: string): Buffer {
  return Buffer.from(pemBlock(pem, kind).replaceAll(/-----[^-]+-----/g, ''), 'base64');
}
