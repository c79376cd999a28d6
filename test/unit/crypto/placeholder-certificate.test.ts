import { X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import { connect, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { der } from '#crypto/asn1.ts';
import { distinguishedName } from '#crypto/distinguished-name.ts';
import { toPem } from '#crypto/pkcs10.ts';
import {
  isPlaceholder,
  makePlaceholderCertificate,
  type Placeholder,
} from '#crypto/placeholder-certificate.ts';
import { spkiSha256 } from '#crypto/public-key.ts';
import { signatureAlgorithm, signStructure } from '#crypto/signed-structure.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import { anotherKeyPair, keyPair, withByteChanged } from './key-pairs.ts';

const now = new Date('2026-03-01T12:00:00.500Z');

function placeholder(change: Partial<Placeholder> = {}, spec: KeySpec = 'ECC_NIST_P256'): Placeholder {
  const { publicKey, signer } = keyPair(spec);
  const subject = { commonName: 'Zoë Ωμέγα', organizationName: 'Example' };
  return { subject, label: 'caUserCert_keyPair', purpose: 'identity', publicKey, signer, now, ...change };
}

/** A self-signed certificate whose subject is ours to choose. */
async function selfSigned(organizationalUnitName: string): Promise<Uint8Array> {
  const { publicKey, signer } = keyPair('ECC_NIST_P256');
  const name = distinguishedName({ commonName: 'N', organizationalUnitName });
  const validity = der.sequence(der.time(now), der.time(now));
  const algorithm = signatureAlgorithm(signer.algorithm);
  const fields = [der.integer(1), algorithm, name, validity, name, der.raw(publicKey)];
  return signStructure(der.sequence(der.context(0, der.integer(2)), ...fields), publicKey, signer);
}

describe('makePlaceholderCertificate', () => {
  it('starts some minutes ago and ends soon', async () => {
    const certificate = new X509Certificate(await makePlaceholderCertificate(placeholder()));
    expect(certificate.validFromDate).toEqual(new Date('2026-03-01T11:55:00Z'));
    expect(certificate.validToDate).toEqual(new Date('2026-03-31T12:00:00Z'));
  });

  it('is valid for the days asked for, beyond 2049 too', async () => {
    const late = placeholder({ now: new Date('2049-12-31T00:00:00Z'), days: 2 });
    const certificate = new X509Certificate(await makePlaceholderCertificate(late));
    expect(certificate.validFromDate).toEqual(new Date('2049-12-30T23:55:00Z'));
    expect(certificate.validToDate).toEqual(new Date('2050-01-02T00:00:00Z'));
  });

  it('says in unit and name that it is a placeholder, and keeps the rest of the subject', async () => {
    const certificate = new X509Certificate(await makePlaceholderCertificate(placeholder()));
    expect(certificate.subject).toBe(
      'O=Example\nOU=PLACEHOLDER - not issued by a CA (caUserCert_keyPair)\nCN=PLACEHOLDER Zoë Ωμέγα',
    );
    expect(certificate.issuer).toBe(certificate.subject);
  });

  it('cuts a long name rather than refusing it', async () => {
    const commonName = '𠮷'.repeat(64);
    const made = await makePlaceholderCertificate(placeholder({ subject: { commonName } }));
    expect(new X509Certificate(made).subject).toContain(`CN=PLACEHOLDER ${'𠮷'.repeat(52)}`);
  });

  it('has a serial number of its own, and the key identifier that receipts name', async () => {
    const [one, other] = await Promise.all([
      makePlaceholderCertificate(placeholder()),
      makePlaceholderCertificate(placeholder()),
    ]);
    expect(new X509Certificate(one).serialNumber).not.toBe(new X509Certificate(other).serialNumber);
    const { publicKey } = keyPair('ECC_NIST_P256');
    expect(Buffer.from(one).toString('hex')).toContain(`0420${spkiSha256(publicKey)}`);
  });

  it('is not made by a signer of another key', async () => {
    const { signer } = anotherKeyPair('ECC_NIST_P256');
    await expect(makePlaceholderCertificate(placeholder({ signer }))).rejects.toMatchObject({
      code: 'proof-failed',
    });
  });

  it.each([
    ['RSA_2048', 'identity'],
    ['RSA_2048', 'encryption'],
    ['ECC_NIST_P256', 'encryption'],
    ['ECC_NIST_P384', 'encryption'],
    ['ECC_NIST_P521', 'encryption'],
  ] as const)('serves a TLS 1.3 handshake: %s for %s', async (spec, purpose) => {
    const certificate = await makePlaceholderCertificate(placeholder({ purpose }, spec));
    const key = toPem('PRIVATE KEY', keyPair(spec).privateKey.bytes());
    const peer = await handshake(toPem('CERTIFICATE', certificate), key);
    expect(peer).toEqual(Buffer.from(certificate));
  });
});

describe('isPlaceholder', () => {
  it('knows a placeholder, for every purpose and label', async () => {
    const encryption = placeholder({ purpose: 'encryption', label: 'caEncryption_keyPair' }, 'RSA_2048');
    expect(isPlaceholder(await makePlaceholderCertificate(encryption))).toBe(true);
    expect(isPlaceholder(await makePlaceholderCertificate(placeholder()))).toBe(true);
  });

  it('does not take another self-signed certificate for one', async () => {
    expect(isPlaceholder(await selfSigned('PLACEHOLDER - not issued by a CA (x)'))).toBe(true);
    expect(isPlaceholder(await selfSigned('Staff'))).toBe(false);
    expect(isPlaceholder(await selfSigned('Not a PLACEHOLDER - not issued by a CA'))).toBe(false);
  });

  it('does not take a marked certificate of another signer for one', async () => {
    const certificate = await makePlaceholderCertificate(placeholder());
    expect(isPlaceholder(withByteChanged(certificate, certificate.length - 1))).toBe(false);
  });

  it('survives one whose public key is no point of its curve', async () => {
    const certificate = await makePlaceholderCertificate(placeholder());
    const at = Buffer.from(certificate).indexOf(keyPair('ECC_NIST_P256').publicKey);
    expect(at).toBeGreaterThan(0);
    expect(isPlaceholder(withByteChanged(certificate, at + 40))).toBe(false);
  });

  it.each([new Uint8Array(), new TextEncoder().encode('no certificate'), Uint8Array.of(0x30, 0x80)])(
    'is false for what is no certificate',
    (bytes) => {
      expect(isPlaceholder(bytes)).toBe(false);
    },
  );
});

/** Runs a TLS 1.3 handshake in memory and answers the certificate that the client saw. */
async function handshake(cert: string, key: string): Promise<Buffer> {
  const [serverEnd, clientEnd] = linkedPair();
  const server = new TLSSocket(serverEnd, { isServer: true, cert, key, minVersion: 'TLSv1.3' });
  const client = connect({ socket: clientEnd, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('secureConnect', resolve);
      client.once('error', reject);
      server.once('error', reject);
    });
    return client.getPeerCertificate().raw;
  } finally {
    client.destroy();
    server.destroy();
  }
}

function linkedPair(): [Duplex, Duplex] {
  const one: Duplex = end(() => other);
  const other: Duplex = end(() => one);
  return [one, other];
}

function end(peer: () => Duplex): Duplex {
  return new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      peer().push(chunk);
      done();
    },
  });
}
