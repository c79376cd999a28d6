import { createPublicKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import {
  connect,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  TLSSocket,
} from 'node:tls';
import { ProofError } from '#domain/errors.ts';
import { samePublicKey } from '../pfx/public-keys.ts';

export interface HandshakeTask {
  pfx: Uint8Array;
  /** Printable ASCII. */
  password: Uint8Array;
  /** The DER SubjectPublicKeyInfo that the peer's certificate must carry. */
  publicKey: Uint8Array;
}

export interface HandshakeFacts {
  protocol: string;
  /** The version of the OpenSSL that opened the file. */
  openssl: string;
}

/**
 * The quickest cipher and group that every build has: a handshake with oneself needs no post-quantum group. The signature algorithms are one for each key spec.
 */
const settings: SecureContextOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ecdhCurve: 'P-256',
  sigalgs: 'rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512',
  // No trust anchors: loading Node's own takes longer than everything else here, and none would know the certificate.
  ca: [],
};

let clientContext: SecureContext | undefined;

/**
 * Opens a PFX by Node's OpenSSL and runs a TLS 1.3 handshake with it in memory. The client verifies the server's
 * signature (RFC 8446 section 4.4.3) under the certificate's key, and that key must be the one expected; then some
 * bytes go both ways.
 *
 * `createSecureContext` alone would prove little: it takes files without a MAC, with trailing bytes, with plaintext bags
 * and with a damaged private scalar. TLS 1.3 in OpenSSL asks no `digitalSignature` of the certificate's key usage, so
 * placeholders for key encipherment or key agreement pass.
 * @throws ProofError `proof-failed`, or an error of OpenSSL's: the caller turns it into its own
 */
export async function proveByHandshake(task: HandshakeTask): Promise<HandshakeFacts> {
  const [serverSide, clientSide] = duplexPair();
  const server = new TLSSocket(serverSide, { isServer: true, secureContext: openedByOpenSsl(task) });
  clientContext ??= createSecureContext(settings);
  const client = connect({
    socket: clientSide,
    secureContext: clientContext,
    // Trust is not in question: the certificate is compared with the expected key below.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  try {
    await Promise.race([echo(client, server), failure(server), failure(client)]);
    assertPeerKey(client, task.publicKey);
    return { protocol: client.getProtocol() ?? '', openssl: process.versions.openssl ?? '' };
  } finally {
    client.destroy();
    server.destroy();
  }
}

function openedByOpenSsl({ pfx, password }: HandshakeTask): SecureContext {
  // Given as bytes, which Node takes, the password can be wiped; a string could not. (The type knows the string only.)
  const file = { buf: Buffer.from(pfx), passphrase: asBuffer(password) };
  return createSecureContext(Object.assign({ ...settings }, { pfx: [file] }));
}

/** The same bytes, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Rejects when the socket fails or ends; never resolves. */
function failure(socket: TLSSocket): Promise<never> {
  return new Promise((_, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new ProofError('proof-failed', { why: 'the handshake ended early' })));
  });
}

function assertPeerKey(client: TLSSocket, publicKey: Uint8Array): void {
  const expected = createPublicKey({ key: asBuffer(publicKey), format: 'der', type: 'spki' });
  const carried = client.getPeerX509Certificate()?.publicKey;
  if (carried === undefined || !samePublicKey(carried, expected)) {
    throw new ProofError('proof-failed', { why: 'the certificate carries another key' });
  }
}

/** Sends bytes one way and back. They wait for the handshake to end, and travel under the keys that it agreed. */
async function echo(from: TLSSocket, to: TLSSocket): Promise<void> {
  const sent = randomBytes(32);
  to.once('data', (received) => to.write(received));
  from.write(sent);
  const [returned] = await once(from, 'data');
  if (!sent.equals(returned)) {
    throw new ProofError('proof-failed', { why: 'the bytes sent did not come back' });
  }
}
