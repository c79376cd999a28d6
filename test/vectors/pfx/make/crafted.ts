import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type Asn1Node, der, encodeDer } from '#crypto/asn1.ts';
import type { VectorFacts } from '../vector.ts';
import {
  attribute,
  certificateBag,
  clearSafe,
  container,
  encryptedSafe,
  keyBag,
  type Scheme,
} from './container.ts';
import { type Changes, factsOf, friendlyName, type Maker } from './maker.ts';
import { pair } from './material.ts';

/**
 * Files in the shapes of systems that no test runs on, put together after what is published of them; README.md names the
 * sources. None was made by the system whose name it bears.
 */
export const crafted: Maker = {
  program: 'put together by hand (make/crafted.ts)',
  version: async () => 'of this repository',
  make: () =>
    Promise.all([
      windows('windows-3des', {
        scheme: '3des',
        traits: {
          keys: ['sha1-triple-des'],
          certificates: ['sha1-triple-des'],
          integrity: 'mac-sha1',
        },
        strict: { profile: 'compatible', refusal: null },
      }),
      windows('windows-aes-256', { scheme: 'aes-256' }),
      windows('windows-certificates-in-clear', {
        scheme: 'aes-256',
        certificatesInClear: true,
        traits: { certificates: ['none'] },
        strict: { profile: 'modern', refusal: 'pfx-unprotected' },
      }),
      macos(),
    ]),
};

const names = {
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  /** szOID_PKCS_12_KEY_PROVIDER_NAME_ATTR */
  provider: '1.3.6.1.4.1.311.17.1',
  /** szOID_LOCAL_MACHINE_KEYSET, which has no value. */
  machineKeySet: '1.3.6.1.4.1.311.17.2',
  /** Extended properties of a certificate: .20 is its key identifier. */
  keyIdentifierProperty: '1.3.6.1.4.1.311.17.3.20',
  keyUsage: '2.5.29.15',
} as const;

interface WindowsShape extends Changes {
  scheme: Extract<Scheme, '3des' | 'aes-256'>;
  certificatesInClear?: boolean;
}

/** The key first, 2,000 iterations, a MAC salt of 20 bytes, and the key's provider, set and usage. */
async function windows(
  name: string,
  { scheme, certificatesInClear = false, ...changes }: WindowsShape,
): Promise<VectorFacts> {
  const { pkcs8, certificate } = await pair();
  const keyName = 'te-5f0c7f5e-8f2b-4c51-9a53-0d1c2b3a4958';
  const id = attribute(names.localKeyId, der.octetString(Uint8Array.of(1, 0, 0, 0)));
  const identifier = createHash('sha1').update(certificate).digest();
  const key = await keyBag(scheme, 2_000, withUsage(pkcs8), [
    attribute(names.machineKeySet),
    id,
    attribute(names.friendlyName, der.bmpString(keyName)),
    attribute(names.provider, der.bmpString('Microsoft Software Key Storage Provider')),
  ]);
  const bag = certificateBag(certificate, [
    id,
    attribute(names.keyIdentifierProperty, der.octetString(identifier)),
  ]);
  const certificates = certificatesInClear ? clearSafe(bag) : await encryptedSafe(scheme, 2_000, bag);
  const digest = scheme === '3des' ? 'sha1' : 'sha256';
  const file = `crafted-${name}.p12`;
  await writeFile(
    file,
    container([clearSafe(key), certificates], { digest, iterations: 2_000, saltLength: 20 }),
  );
  return factsOf(file, 'make/crafted.ts: windows', {
    notes: 'Crafted after what Windows writes; not made by it. The private key has the attribute key usage.',
    ...changes,
    holds: { friendlyName: keyName },
    traits: { mostIterations: 2_000, ...changes.traits },
  });
}

/** Certificates first and weakly encrypted, and a MAC of one iteration, whose count is written. */
async function macos(): Promise<VectorFacts> {
  const { pkcs8, certificate } = await pair();
  const id = attribute(names.localKeyId, der.octetString(createHash('sha1').update(certificate).digest()));
  const attributes = [attribute(names.friendlyName, der.bmpString(friendlyName)), id];
  const certificates = await encryptedSafe('rc2-40', 2_048, certificateBag(certificate, attributes));
  const key = clearSafe(await keyBag('3des', 2_048, pkcs8, attributes));
  const file = 'crafted-macos.p12';
  await writeFile(file, container([certificates, key], { digest: 'sha1', iterations: 1, saltLength: 8 }));
  return factsOf(file, 'make/crafted.ts: macos', {
    traits: { keys: ['sha1-triple-des'], certificates: ['sha1-rc2-40'], integrity: 'mac-sha1' },
    strict: { profile: 'compatible', refusal: 'pfx-unsupported' },
    openssl3: 'opens -legacy',
    notes: 'Crafted after what the Keychain of macOS writes; not made by it.',
  });
}

/** The attribute of a PKCS#8 PrivateKeyInfo (RFC 5208 section 5) by which Windows says what a key is for. */
function withUsage(pkcs8: Uint8Array): Uint8Array {
  const { value } = der.raw(pkcs8);
  if (!Array.isArray(value)) throw new TypeError('the private key is no PKCS#8');
  const usage: Asn1Node = attribute(names.keyUsage, der.bitString(Uint8Array.of(0x90)));
  return encodeDer(der.sequence(...value, der.context(0, usage)));
}
