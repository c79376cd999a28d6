import { randomIterations } from '#crypto/pfx/write.ts';
import type { Group, Report } from '../result.ts';
import { runRow } from './comparison.ts';
import { type Row, rowsOf } from './plan.ts';
import { reportStalls } from './stalls.ts';
import { makeSubject, type Subject } from './subject.ts';
import { certtool } from './yardsticks/certtool.ts';
import { nodeForge } from './yardsticks/forge.ts';
import { bouncyCastle, java } from './yardsticks/java.ts';
import { openssl } from './yardsticks/openssl.ts';
import { pk12util } from './yardsticks/pk12util.ts';
import type { YardstickKind } from './yardsticks/yardstick.ts';

export const yardstickKinds: readonly YardstickKind[] = [
  openssl,
  java,
  bouncyCastle,
  nodeForge,
  certtool,
  pk12util,
];

/**
 * Writing, opening and proving a PFX of an RSA-2048 key, against all that others write and open them by; and how long the
 * event loop stands still meanwhile.
 */
export const pfx: Group = async (report, wanted) => {
  // Few iterations go with a random passphrase, many with a human's password.
  const escrow = await makeSubject('encryption', 'random');
  const copy = await makeSubject('encryption', 'human');
  for (const kind of yardstickKinds) {
    const rows = rowsOf(kind).filter(({ name }) => wanted(name));
    const isEscrow = ({ iterations }: Row) => iterations <= randomIterations;
    await against(report, kind, { subject: escrow, rows: rows.filter(isEscrow) });
    await against(report, kind, { subject: copy, rows: rows.filter((row) => !isEscrow(row)) });
  }
  await reportStalls(report, { escrow, copy, wanted });
};

interface Task {
  subject: Subject;
  rows: readonly Row[];
}

async function against(report: Report, kind: YardstickKind, { subject, rows }: Task): Promise<void> {
  if (rows.length === 0) return;
  report.message(`getting ${kind.name} ready`);
  const yardstick = await kind.open(subject);
  try {
    for (const row of rows) await runRow(report, { ...row, kind, yardstick, subject });
  } finally {
    await yardstick.close();
  }
}
