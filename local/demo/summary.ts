import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { purposeNames } from '#domain/purpose.ts';
import type { RefusedExport } from './deliver.ts';
import type { FileKind, OutputFolder } from './folders.ts';
import type { TokenAnswers } from './token-answers.ts';

/** One enrollment as `summary.json` tells it; paths are relative to the output folder. */
export type SummaryEntry = ReturnType<typeof summarize>;

/** What the demo came upon with an enrollment, besides its files. */
export interface Found {
  /** What its token answered when it was asked for the key. */
  tokenAnswers?: TokenAnswers;
  /** Of its subscriber's own copy. */
  refusedExport?: RefusedExport;
  /** Why its certificate request was not given before its key was escrowed. */
  csrHeldBack?: string;
}

/** What became of an enrollment, and which of its files are there. */
export function summarize(enrollment: Enrollment, out: OutputFolder, found: Found = {}) {
  const { id, subscriber, purpose, keySpec, custody, exportable, state, key } = enrollment;
  const { tokenAnswers, refusedExport, csrHeldBack } = found;
  const refusal = enrollment.refusal ?? refusedExport;
  const file = (name: string, kind: FileKind) =>
    out.has(enrollment, kind) ? { [name]: out.relativePath(enrollment, kind) } : {};
  const backup = activeBackup(enrollment);
  return {
    enrollmentId: id,
    subscriberId: subscriber.id,
    familyName: subscriber.familyName,
    purpose,
    label: purposeNames[purpose].label,
    keySpec,
    custody,
    exportable,
    status: state,
    ...(key !== undefined && { spkiSha256: key.spkiSha256 }),
    files: {
      ...file('csr', 'csr.pem'),
      ...file('pfx', 'pfx'),
      ...file('receipt', 'receipt.jws'),
      ...file('password', 'password.txt'),
    },
    ...(backup !== undefined && {
      escrow: {
        state: backup.state,
        backupId: backup.id,
        pfxSha256: backup.pfxSha256,
        objectVersion: backup.objectVersion,
        ...file('pfx', 'escrowed.pfx'),
        ...file('sealed', 'escrowed.sealed.jwe'),
        ...file('receipt', 'escrowed.receipt.jws'),
      },
    }),
    ...(tokenAnswers !== undefined && { tokenAnswers }),
    ...(csrHeldBack !== undefined && { csrHeldBack }),
    ...(refusal !== undefined && {
      refusal: { code: refusal.code, reason: refusal.reason, contact: refusal.contact },
    }),
  };
}
