import { commonNameOf } from '#contract/fields.ts';
import type { SubjectName } from '#crypto/distinguished-name.ts';
import { shortId } from '#crypto/identifiers.ts';
import { makeCsr } from '#crypto/pkcs10.ts';
import { makePlaceholderCertificate } from '#crypto/placeholder-certificate.ts';
import type { Signer } from '#crypto/signer.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Organization } from '#domain/organization.ts';
import { purposeNames } from '#domain/purpose.ts';
import type { Dependencies } from './dependencies.ts';

/** What a new key pair signs: its certificate request and its placeholder certificate, both DER. */
export interface KeyPapers {
  csr: Uint8Array;
  placeholder: Uint8Array;
}

/**
 * Makes the CSR and the placeholder certificate, signed by the enrollment key wherever it lives.
 * @throws InputError `invalid-input` for a subject that a name cannot hold; ProofError `proof-failed` if a signature does not
 *   verify; ProviderError as the signer throws
 */
export async function makeKeyPapers(
  { clock }: Pick<Dependencies, 'clock'>,
  organization: Organization,
  enrollment: Enrollment,
  publicKey: Uint8Array,
  signer: Signer,
): Promise<KeyPapers> {
  const { purpose, subscriber } = enrollment;
  const subject = subjectOf(organization, enrollment);
  const csr = await makeCsr({ subject, email: subscriber.email, purpose, publicKey, signer });
  const { label } = purposeNames[purpose];
  const placeholder = await makePlaceholderCertificate({
    subject,
    label,
    purpose,
    publicKey,
    signer,
    now: clock.now(),
  });
  return { csr, placeholder };
}

/** The name under which importing programs show the key: its label and enough of the id to tell two keys apart. */
export function friendlyNameOf({ purpose, id }: Pick<Enrollment, 'purpose' | 'id'>): string {
  return `${purposeNames[purpose].label} ${shortId(id)}`;
}

function subjectOf(organization: Organization, { subscriber }: Enrollment): SubjectName {
  return { commonName: commonNameOf(subscriber), organizationName: organization.name };
}
