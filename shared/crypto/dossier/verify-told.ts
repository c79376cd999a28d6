import { purposeNames } from '#domain/purpose.ts';
import { fingerprint, sha256Hex } from '../identifiers.ts';
import { csrPublicKey, fromPem, toPem } from '../pkcs10.ts';
import { spkiSha256 } from '../public-key.ts';
import { decisionsIn, exportsIn, passwordsIn } from './acts.ts';
import type { Dossier } from './content.ts';
import type { DossierNotes } from './findings.ts';
import type { DossierLine } from './verify-entries.ts';

/** Verifies the certificate request: the one that was named, of the key that was, in the one spelling of PEM. */
export function verifyKey({ key, request }: Dossier, notes: DossierNotes): void {
  if (key.label !== purposeNames[request.purpose].label)
    notes.found('contradiction', 'the key is not called as keys of its purpose are');
  if (key.csr === null) return;
  const der = fromPem(key.csr);
  const isIt = toPem('CERTIFICATE REQUEST', der) === key.csr && sha256Hex(der) === key.csrSha256;
  if (!isIt) {
    notes.found('key-differs', 'the certificate request is not the one whose SHA-256 stands there');
    return;
  }
  const publicKey = csrPublicKey(der);
  if (publicKey === undefined || spkiSha256(publicKey) !== key.spkiSha256)
    notes.found('key-differs', 'the certificate request is of another key than the dossier');
}

/** Verifies that what is told of entries is what they say. */
export function verifyTold(dossier: Dossier, lines: readonly DossierLine[], notes: DossierNotes): void {
  const told = [
    ['decisions', dossier.decisions, decisionsIn(lines)],
    ['exports', dossier.exports, exportsIn(lines)],
    ['passwords', dossier.passwords, passwordsIn(lines)],
  ] as const;
  for (const [what, given, said] of told) {
    if (JSON.stringify(given) !== JSON.stringify(said))
      notes.found('contradiction', `its ${what} are not those of its entries`);
  }
}

/** Verifies that policies have the names that they are given, and that those that decided are there, or said not to be. */
export function verifyPolicies(
  { policies, missingPolicies, decided, decisions, key }: Dossier,
  notes: DossierNotes,
): void {
  for (const { version, document, cedar, tests } of policies) {
    if (fingerprint({ cedar, tests }) !== document)
      notes.found('policy-differs', 'the policy is not the one whose SHA-256 stands there', version);
  }
  const named = [decided, ...decisions, ...(key.escrowDue === null ? [] : [key.escrowDue])];
  const there = new Set(policies.map(({ version }) => version));
  for (const version of new Set(named.map(({ policy }) => policy.version))) {
    if (there.has(version)) continue;
    if (missingPolicies.includes(version)) notes.remark('policy-not-there', unreadable, version);
    else notes.found('policy-missing', 'it decided, and is not there', version);
  }
}

const unreadable =
  'it decided, and its text is not here: it is of settings from before policies were written in Cedar, or there were too many';
