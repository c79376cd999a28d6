import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { decisionsIn, exportsIn, passwordsIn } from '#crypto/dossier/acts.ts';
import { type Dossier, type DossierEntry, keySetUse } from '#crypto/dossier/content.ts';
import { makeDossier } from '#crypto/dossier/statement.ts';
import { type DossierReport, verifyDossier } from '#crypto/dossier/verify-dossier.ts';
import { fingerprint, sha256Hex } from '#crypto/identifiers.ts';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { type LedgerLine, lineLeaf } from '#crypto/ledger/line.ts';
import { inclusionProof } from '#crypto/ledger/merkle.ts';
import { makeCsr, toPem } from '#crypto/pkcs10.ts';
import { spkiSha256 } from '#crypto/public-key.ts';
import { type BackupReceipt, signReceipt } from '#crypto/receipts.ts';
import { bytesOf, folderOf, type MadeLedger, makeLedger, type SigningService } from './ledger.ts';

export const owner = { organization: 'org-1', enrollmentId: 'enr_one' };
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spki = publicKey.export({ format: 'der', type: 'spki' });
/** The certificate request of its key. */
export const csr = await csrFor(spki, privateKey);

/** A certificate request for a key, signed by its private half. */
export async function csrFor(of: Uint8Array, by: KeyObject): Promise<Uint8Array> {
  return await makeCsr({
    subject: { commonName: 'Ada O’Brien', organizationName: 'Acme' },
    ...{ email: 'ada@acme.example', purpose: 'encryption', publicKey: of },
    signer: { algorithm: 'ECDSA_SHA256', sign: async (message) => sign('sha256', message, by) },
  });
}

const policy = { version: '1', rules: ['subscriber-exports'] };
const document = { cedar: 'permit(principal, action, resource);', tests: [{ expect: 'allowed' }] };

/** What is recorded of the enrollment, by sequence; other lines are of others. */
const recorded: Readonly<Record<number, object>> = {
  2: { action: 'request-enrollment', principal: 'root', outcome: 'done', policy },
  4: { action: 'set-password', principal: 'ada', outcome: 'done', policy, receiptId: 'rcp_escrow' },
  5: {
    action: 'export-copy',
    principal: 'ada',
    outcome: 'refused',
    code: 'wrong-password',
    profile: 'modern',
  },
  7: {
    ...{ action: 'export-copy', principal: 'ada', outcome: 'done', profile: 'modern' },
    ...{ policy, receiptId: 'rcp_copy' },
  },
  9: { action: 'read-csr', principal: 'root', outcome: 'done' },
};

/** The entry of a line: what is recorded of the enrollment, or something of another one. */
export function entryOf(sequence: number): object {
  const own = recorded[sequence];
  if (own !== undefined) return { ...own, enrollmentId: owner.enrollmentId };
  return { principal: 'bob', outcome: 'done', enrollmentId: 'enr_two', about: [owner.enrollmentId] };
}

/** A genuine dossier, the ledger that it is of, and its file. */
export interface MadeDossier {
  dossier: Dossier;
  file: string;
  ledger: MadeLedger;
}

/** Makes a genuine dossier of an enrollment whose key was escrowed and exported; its last entry is not sealed. */
export async function madeDossier(service: SigningService): Promise<MadeDossier> {
  const ledger = await makeLedger(service, { segments: [3, 5], unsealed: 1, entry: entryOf });
  const dossier = dossierOf(ledger, service, await receiptsOf(service));
  const { file } = await makeDossier(dossier, service.signer);
  return { dossier, file, ledger };
}

/** Signs a dossier that says something else: what whoever has the key can do. */
export async function signedWith(service: SigningService, dossier: Dossier, change: Partial<Dossier>) {
  return (await makeDossier({ ...dossier, ...change }, service.signer)).file;
}

function dossierOf(ledger: MadeLedger, { jwks }: SigningService, receipts: Dossier['receipts']): Dossier {
  const checkpoint = ledger.checkpoints.at(-1) ?? '';
  const lines = Object.keys(recorded).map((sequence) => ledger.lines[Number(sequence) - 1] ?? '');
  const read = lines.map((line): LedgerLine<DossierEntry> => JSON.parse(line));
  const { pfxSha256, objectVersion, retainUntil } = escrow;
  return {
    ...owner,
    time: '2026-01-05T09:00:00.000Z',
    build: 'test 1.0',
    state: 'ready',
    request: {
      requestedAt: '2026-01-05T08:00:02.000Z',
      sha256: 'd'.repeat(64),
      subscriber: { id: 'ada', givenName: 'Ada', familyName: 'O’Brien', email: 'ada@acme.example' },
      purpose: 'encryption',
      keySpec: 'ECC_NIST_P256',
      assurance: 'medium',
    },
    decided: { policy, refusal: null },
    decisions: decisionsIn(read),
    key: {
      label: common.label,
      custody: 'software',
      exportable: true,
      escrow: 'required',
      lock: 'password',
      spkiSha256: common.spkiSha256,
      csrSha256: common.csrSha256,
      csr: toPem('CERTIFICATE REQUEST', csr),
      escrowDue: null,
    },
    backups: [
      {
        ...{ id: 'bkp_1', profile: 'modern', pfxSha256, receiptId: 'rcp_escrow' },
        ...{ objectVersion: objectVersion ?? '', retainUntil: retainUntil ?? '' },
      },
    ],
    receipts,
    missingReceipts: [],
    exports: exportsIn(read),
    passwords: passwordsIn(read),
    notices: [
      {
        id: 'enr_one.3.0',
        time: '2026-01-05T08:00:05.000Z',
        subject: 'Your key is ready',
        text: 'It was made.',
      },
    ],
    earlierNotices: false,
    ledger: {
      entries: lines.map((line) => ({ line, path: pathOf(ledger, line) })),
      complete: true,
      checkpoint,
      consistency: null,
    },
    policies: [
      {
        ...{ version: '1', document: fingerprint(document) },
        ...{ publishedAt: '2026-01-05T07:00:00.000Z', proposedBy: 'root', ...document },
      },
    ],
    missingPolicies: [],
    keySet: { use: keySetUse, keys: jwks.keys.map((key) => ({ ...key })) },
  };
}

/** The inclusion proof of a line under the last checkpoint; null where it is not sealed. */
export function pathOf({ lines, checkpoints }: MadeLedger, line: string): string[] | null {
  const { treeSize } = readCheckpoint(checkpoints.at(-1) ?? '');
  const index = lines.indexOf(line);
  const leaves = lines.slice(0, treeSize).map((each) => lineLeaf(each));
  return index < treeSize ? inclusionProof(leaves, index).map((node) => node.toString('hex')) : null;
}

const common = {
  ...owner,
  iat: 1_767_600_004,
  label: 'caEncryption_keyPair',
  purpose: 'encryption',
  keySpec: 'ECC_NIST_P256',
  policy,
  build: 'test 1.0',
  receipt: 'backup',
  csrSha256: sha256Hex(csr),
  spkiSha256: spkiSha256(spki),
  profile: 'modern',
  confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: true, fileRestores: true },
  provedBy: ['strict reader'],
} as const;

const escrow: BackupReceipt = {
  ...common,
  ...{ jti: 'rcp_a', backupId: 'bkp_1', pfxSha256: 'e'.repeat(64), ledgerEntry: 'led_4' },
  ...{ objectVersion: 'v1', retainUntil: '2029-01-05T08:00:00.000Z', recoveryKey: 'thumbprint' },
};
const copy: BackupReceipt = {
  ...common,
  ...{ jti: 'rcp_b', backupId: 'exp_1', pfxSha256: 'f'.repeat(64), ledgerEntry: 'led_7' },
  ...{ objectVersion: null, retainUntil: null, recoveryKey: null },
};

/** The receipts of the dossier, with changes. */
export async function receiptsOf(
  { signer }: SigningService,
  change: Partial<BackupReceipt> = {},
): Promise<Dossier['receipts']> {
  const sign = async (id: string, receipt: BackupReceipt) => ({
    id,
    jws: await signReceipt({ ...receipt, ...change }, signer),
  });
  return [await sign('rcp_escrow', escrow), await sign('rcp_copy', copy)];
}

/**
 * Verifies a file.
 * @param anchors checkpoints that were kept, each as a file of its own
 * @param exported the files of a ledger to hold it against
 */
export function verifyFile(
  file: string | Uint8Array,
  { jwks }: SigningService,
  anchors: readonly string[] = [],
  exported?: MadeLedger['files'],
): Promise<DossierReport> {
  const kept = anchors.map((jws, index) => ({ name: `kept-${index + 1}.jwt`, read: () => bytesOf(jws) }));
  const against = exported === undefined ? {} : { ledger: folderOf(exported) };
  return verifyDossier(Buffer.from(file), jwks, { anchors: kept, ...against });
}

/** The findings of a report, each with what it is about. */
export function foundIn({ findings }: DossierReport): string[] {
  return findings.map(({ name, about }) => (about === undefined ? name : `${name} ${about}`));
}
