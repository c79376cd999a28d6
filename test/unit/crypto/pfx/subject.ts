import { makePlaceholderCertificate } from '#crypto/placeholder-certificate.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { Purpose } from '#domain/purpose.ts';
import { Secret } from '#domain/secret.ts';
import { keyPair, type TestKeyPair } from '../key-pairs.ts';

/** What a PFX is made of. */
export interface TestSubject extends TestKeyPair {
  spec: KeySpec;
  purpose: Purpose;
  /** The placeholder certificate, DER. */
  certificate: Uint8Array;
}

const made = new Map<string, Promise<TestSubject>>();

/** A key pair of a spec with its placeholder certificate, made once in each test file. */
export function subjectOf(
  spec: KeySpec = 'ECC_NIST_P256',
  purpose: Purpose = 'encryption',
): Promise<TestSubject> {
  const name = `${spec} ${purpose}`;
  const subject = made.get(name) ?? certified(keyPair(spec), spec, purpose);
  made.set(name, subject);
  return subject;
}

export async function certified(pair: TestKeyPair, spec: KeySpec, purpose: Purpose): Promise<TestSubject> {
  const subject = { commonName: 'Zoë Ωμέγα' };
  const label = 'test';
  const certificate = await makePlaceholderCertificate({ ...pair, subject, label, purpose, now: new Date() });
  return { ...pair, spec, purpose, certificate };
}

/** A password of the tests; nothing real has it. */
export const password = Secret.fromText('correct horse 42');
export const otherPassword = Secret.fromText('correct horse 43');
