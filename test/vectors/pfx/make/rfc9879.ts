import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { der } from '#crypto/asn1.ts';
import type { VectorFacts } from '../vector.ts';
import { certificateBag, clearSafe, encryptedSafe, held, keyBag } from './container.ts';
import { type Changes, factsOf, type Maker, password } from './maker.ts';
import { pair } from './material.ts';

type Digest = 'sha256' | 'sha512';

/** What one example of RFC 9879 appendix A shows: which functions, and what of it is wrong. */
interface Example {
  prf: Digest;
  hmac: Digest;
  /** Of PBKDF2, as the file says it; the MAC is made with 2,048. */
  saidIterations?: number;
  /** The file says another salt than the MAC is made with. */
  otherSalt?: boolean;
  withoutKeyLength?: boolean;
  /** MacData's own count, which PBMAC1 does not use; written also where it is 1. */
  unusedCount: number;
  facts: Changes;
}

const notOurs = { profile: 'pbmac1', refusal: 'pfx-unsupported' } as const;
const wrong = { strict: notOurs, inspection: 'pfx-wrong-password-or-damaged' } as const;
const both = { prf: 'sha256', hmac: 'sha256' } as const;

const examples: Record<string, Example> = {
  a1: {
    ...both,
    unusedCount: 1,
    facts: { strict: notOurs, notes: 'As A.1: valid; but MacData has a count, which no backup of ours has.' },
  },
  a2: {
    prf: 'sha512',
    hmac: 'sha256',
    unusedCount: 1,
    facts: { strict: notOurs, notes: 'As A.2: valid, PBKDF2 by SHA-512, HMAC by SHA-256.' },
  },
  a3: {
    prf: 'sha512',
    hmac: 'sha512',
    unusedCount: 1,
    facts: { strict: notOurs, notes: 'As A.3: valid, PBKDF2 and HMAC by SHA-512.' },
  },
  a4: {
    ...both,
    saidIterations: 2_049,
    unusedCount: 2_048,
    facts: {
      ...wrong,
      traits: { mostIterations: 2_049 },
      notes: 'As A.4: invalid, another count than the MAC was made with.',
    },
  },
  a5: {
    ...both,
    otherSalt: true,
    unusedCount: 1,
    facts: { ...wrong, notes: 'As A.5: invalid, another salt than the MAC was made with.' },
  },
  a6: {
    ...both,
    withoutKeyLength: true,
    unusedCount: 2_048,
    facts: {
      strict: { profile: 'pbmac1', refusal: 'pfx-unsafe-parameters' },
      inspection: 'pfx-unsafe-parameters',
      notes: 'As A.6: invalid, without the key length of PBKDF2.',
    },
  },
};

const pbkdf2 = '1.2.840.113549.1.5.12';
const pbmac1 = '1.2.840.113549.1.5.14';
const hmacWith = { sha256: '1.2.840.113549.2.9', sha512: '1.2.840.113549.2.11' } as const;
const lengths = { sha256: 32, sha512: 64 } as const;
const iterations = 2_048;

/** Files in which the same is right and wrong as in the examples of RFC 9879 appendix A; their bytes are of this repository. */
export const rfc9879: Maker = {
  program: 'put together by hand after RFC 9879 appendix A (make/rfc9879.ts)',
  version: async () => 'of this repository',
  make: () => Promise.all(Object.entries(examples).map(([name, example]) => make(name, example))),
};

async function make(name: string, example: Example): Promise<VectorFacts> {
  const { pkcs8, certificate } = await pair();
  const key = clearSafe(await keyBag('aes-256', iterations, pkcs8, []));
  const certificates = await encryptedSafe('aes-256', iterations, certificateBag(certificate, []));
  const file = `rfc9879-${name}.p12`;
  await writeFile(
    file,
    held([certificates, key], (authenticated) => macData(example, authenticated)),
  );
  const { holds, traits, ...facts } = example.facts;
  return factsOf(file, 'make/rfc9879.ts', {
    openssl3: 'refuses',
    ...facts,
    holds: { friendlyName: null, ...holds },
    traits: { integrity: 'pbmac1', ...traits },
  });
}

function macData(example: Example, authenticated: Uint8Array) {
  const { prf, hmac, saidIterations = iterations, otherSalt, withoutKeyLength, unusedCount } = example;
  const salt = randomBytes(8);
  const keyLength = lengths[hmac];
  const saidSalt = otherSalt === true ? randomBytes(8) : salt;
  const saidLength = withoutKeyLength === true ? [] : [der.integer(keyLength)];
  const function_ = (digest: Digest) => der.sequence(der.oid(hmacWith[digest]), der.null());
  const kdf = der.sequence(
    der.oid(pbkdf2),
    der.sequence(der.octetString(saidSalt), der.integer(saidIterations), ...saidLength, function_(prf)),
  );
  const algorithm = der.sequence(der.oid(pbmac1), der.sequence(kdf, function_(hmac)));
  const macKey = pbkdf2Sync(password, salt, iterations, keyLength, prf);
  const value = createHmac(hmac, macKey).update(authenticated).digest();
  const digestInfo = der.sequence(algorithm, der.octetString(value));
  return der.sequence(digestInfo, der.octetString(Buffer.from('NOT USED')), der.integer(unusedCount));
}
