import { decisionsIn, exportsIn } from '#crypto/dossier/acts.ts';
import { type Dossier, keySetUse } from '#crypto/dossier/content.ts';
import { toPem } from '#crypto/pkcs10.ts';
import type { ActiveBackup, Enrollment } from '#domain/enrollment.ts';
import { purposeNames } from '#domain/purpose.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { LedgerTrees } from '#steps/ledger-trees.ts';
import { statementKeys } from '#steps/statement-keys.ts';
import { type FoundEntries, gatherEntries } from './gather-entries.ts';
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
 * @throws StoreError `object-damaged` if the ledger, or a policy, is not what was written; `store-unavailable`; ProviderError as
 *   `KeyProvider.receiptKey`
 */
export async function gatherDossier(dependencies: DossierNeeds, enrollment: Enrollment): Promise<Dossier> {
  const { organization, id: enrollmentId, state } = enrollment;
  const found = await gatherEntries(dependencies, enrollment);
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
    notices: await noticesOf(dependencies, enrollment),
    ledger: found.ledger,
    policies: await gatherPolicies(dependencies, organization, versions),
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

function decidedOf({ policy: { version, rules }, refusal }: Enrollment): Dossier['decided'] {
  return {
    policy: { version, rules: [...rules] },
    refusal: refusal === undefined ? null : { ...refusal, rules: [...refusal.rules] },
  };
}

async function keyOf({ documents }: DossierNeeds, enrollment: Enrollment): Promise<Dossier['key']> {
  const { organization, purpose, custody, exportable, escrow, lock, key } = enrollment;
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
  };
}

function backupOf(backup: ActiveBackup): Dossier['backups'][number] {
  const { id, profile, objectVersion, pfxSha256, retainUntil, receiptId } = backup;
  return { id, profile, objectVersion, pfxSha256, retainUntil, receiptId };
}

const noticesAtOnce = 1_000;

/** What the subscriber was told of this enrollment: a notice is named by the event that it tells of, and that by its enrollment. */
async function noticesOf(
  { notices }: DossierNeeds,
  { organization, id: enrollmentId, subscriber: { id: subscriberId } }: Enrollment,
): Promise<Dossier['notices']> {
  const told: Dossier['notices'] = [];
  let cursor: string | undefined;
  do {
    const query = { organization, subscriberId, limit: noticesAtOnce };
    const page = await notices.list({ ...query, ...(cursor !== undefined && { cursor }) });
    const own = page.items.filter(({ id }) => id.startsWith(`${enrollmentId}.`));
    told.push(...own.map(({ id, time, subject, text }) => ({ id, time, subject, text })));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return told.reverse();
}
