import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { der, encodeDer } from '#crypto/asn1.ts';
import { distinguishedName } from '#crypto/distinguished-name.ts';
import { oids } from '#crypto/oids.ts';
import type { Secret } from '#domain/secret.ts';
import { keyPair } from '../key-pairs.ts';

/** A subscriber's certificate, its issuer and the root that issued that one: DER, X.509. */
export interface ChainOfThree {
  /** Of the leaf: PKCS#8, DER. */
  privateKey: Secret;
  leaf: Uint8Array;
  intermediate: Uint8Array;
  root: Uint8Array;
}

interface Authority {
  name: string;
  key: KeyObject;
}

const day = 86_400_000;

/** @param validDays how long the leaf is still valid; negative for one that expired */
export function makeChain(validDays = 365): ChainOfThree {
  const [root, intermediate] = [authority('Test Root'), authority('Test Issuing CA')];
  const { privateKey } = keyPair('ECC_NIST_P256');
  const leafKey = createPrivateKey({ key: Buffer.from(privateKey.bytes()), format: 'der', type: 'pkcs8' });
  return {
    privateKey,
    leaf: issue(intermediate, { name: 'Zoë Ωμέγα', key: leafKey }, validDays),
    intermediate: issue(root, intermediate, 3_650),
    root: issue(root, root, 3_650),
  };
}

function authority(name: string): Authority {
  return { name, key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
}

/** A certificate, ECDSA with SHA-256 (RFC 5280 section 4.1, RFC 5758 section 3.2). */
function issue(issuer: Authority, subject: Authority, validDays: number): Uint8Array {
  const algorithm = der.sequence(der.oid(oids.ecdsaWithSHA256));
  const jwk = subject.key.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(jwk.x ?? '', 'base64url'),
    Buffer.from(jwk.y ?? '', 'base64url'),
  ]);
  const curve = der.oid('1.2.840.10045.3.1.7');
  const tbs = der.sequence(
    der.context(0, der.integer(2)),
    der.unsignedInteger(randomBytes(8)),
    algorithm,
    distinguishedName({ commonName: issuer.name }),
    der.sequence(
      der.time(new Date(Date.now() - 400 * day)),
      der.time(new Date(Date.now() + validDays * day)),
    ),
    distinguishedName({ commonName: subject.name }),
    der.sequence(der.sequence(der.oid(oids.ecPublicKey), curve), der.bitString(point)),
  );
  const signature = sign('sha256', encodeDer(tbs), issuer.key);
  return encodeDer(der.sequence(tbs, algorithm, der.bitString(signature)));
}
