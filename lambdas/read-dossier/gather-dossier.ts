import { decisionsIn, exportsIn, passwordsIn } from '#crypto/dossier/acts.ts';
import { type Dossier, keySetUse } from '#crypto/dossier/content.ts';
import { toPem } from '#crypto/pkcs10.ts';
import type { ActiveBackup, Enrollment } from '#domain/enrollment.ts';
import { purposeNames } from '#domain/purpose.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { LedgerTrees } from '#steps/ledger-trees.ts';
import { statementKeys } from '#steps/statement-keys.ts';
import { type FoundEntries, gatherEntries } from './gather-entries.ts';
import { gatherNotices } from './gather-notices.ts';
import { gatherPolicies } from './gather-policies.ts';
import { gatherReceipts } from './gather-receipts.ts';
import { ifThere } from './if-there.ts';

export type DossierNeeds = Pick<
  Dependencies,
  'registry' | 'documents' | 'notices' | 'ledger' | 'ledgerLog' | 'keys' | 'clock' | 'build'
> & { trees: LedgerTrees };

/**
 * Gathers all that is known of an enrollment. Of its documents only those that may be seen: never a locked key, a sealed passphrase,
 * or a placeholder.
 * @param since how many entries an earlier checkpoint is over, to prove that the ledger continues it
 * @throws StoreError `object-damaged` if the ledger, or a policy, is not what was written; `store-unavailable`; ProviderError as
 *   `KeyProvider.receiptKey`
 */
export async function gatherDossier(
  dependencies: DossierNeeds,
  enrollment: Enrollment,
  since?: number,
): Promise<Dossier> {
  const { organization, id: enrollmentId, state } = enrollment;
  const found = await gatherEntries(dependencies, enrollment, since);
  const decisions = decisionsIn(found.lines);
  const { receipts, missingReceipts } = await gatherReceipts(dependencies, enrollment, receiptsNamed(found));
  const versions = [enrollment.policy.version, ...decisions.map(({ policy }) => policy.version)];
  const { keys } = await statementKeys(dependencies);
  return {
    organization,
    enrollmentId,
    time: dependencies.clock.now().toISOString(),
    build: dependencies.build,
    state,
    request: requestOf(enrollment),
    decided: decidedOf(enrollment),
    decisions,
    key: await keyOf(dependencies, enrollment),
    backups: enrollment.backups.flatMap((backup) => (backup.state === 'active' ? [backupOf(backup)] : [])),
    receipts,
    missingReceipts,
    exports: exportsIn(found.lines),
    passwords: passwordsIn(found.lines),
    ...(await gatherNotices(dependencies, enrollment)),
    ledger: found.ledger,
    ...(await gatherPolicies(dependencies, organization, versions)),
    keySet: { use: keySetUse, keys: keys.map((key) => ({ ...key })) },
  };
}

function receiptsNamed({ lines }: FoundEntries): string[] {
  return lines.flatMap(({ entry: { receiptId } }) => (receiptId === undefined ? [] : [receiptId]));
}

function requestOf(enrollment: Enrollment): Dossier['request'] {
  const { requestedAt, requestFingerprint: sha256, purpose, keySpec, assurance, recipientKey } = enrollment;
  const { id, givenName, familyName, email } = enrollment.subscriber;
  return {
    requestedAt,
    sha256,
    subscriber: { id, givenName, familyName, email },
    purpose,
    keySpec,
    assurance,
    ...(recipientKey !== undefined && { recipientKey: { ...recipientKey } }),
  };
}

function decidedOf({ policy, refusal }: Enrollment): Dossier['decided'] {
  return {
    policy: copyOf(policy),
    refusal: refusal === undefined ? null : { ...refusal, rules: [...refusal.rules] },
  };
}

async function keyOf({ documents }: DossierNeeds, enrollment: Enrollment): Promise<Dossier['key']> {
  const { organization, purpose, custody, exportable, escrow, lock, key, escrowDue } = enrollment;
  const csr = key && (await ifThere(() => documents.get({ kind: 'csr', organization, id: key.csrId })));
  return {
    label: purposeNames[purpose].label,
    custody,
    exportable,
    escrow,
    lock,
    spkiSha256: key?.spkiSha256 ?? null,
    csrSha256: key?.csrSha256 ?? null,
    csr: csr === undefined ? null : toPem('CERTIFICATE REQUEST', csr),
    escrowDue: escrowDue === undefined ? null : { since: escrowDue.since, policy: copyOf(escrowDue.policy) },
  };
}

function copyOf({ version, rules }: Enrollment['policy']) {
  return { version, rules: [...rules] };
}

function backupOf(backup: ActiveBackup): Dossier['backups'][number] {
  const { id, profile, objectVersion, pfxSha256, retainUntil, receiptId } = backup;
  return { id, profile, objectVersion, pfxSha256, retainUntil, receiptId };
}
