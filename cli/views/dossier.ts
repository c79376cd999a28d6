import { commonNameOf } from '#contract/fields.ts';
import type { DossierNote } from '#crypto/dossier/findings.ts';
import type { DossierReceipt } from '#crypto/dossier/verify-content.ts';
import type { DossierReport } from '#crypto/dossier/verify-dossier.ts';
import type { DossierLine } from '#crypto/dossier/verify-entries.ts';
import { errorTable } from '#domain/error-codes.ts';
import { capital, printable, sentence } from '#domain/plain-words.ts';
import type { ReasonOf } from '../dossier/reasons.ts';
import { count } from './enrollment.ts';

/**
 * What a dossier was found to be, for a person: whether it is genuine, what the key is, and what happened to it, in order of time.
 * Of one that is not genuine only what is wrong with it: what it says is nobody's word.
 */
export function describeDossier(report: DossierReport, reasonOf: ReasonOf): string {
  const { ok, findings, remarks, dossier } = report;
  const { enrollmentId, organization, time, build } = dossier;
  const whose = `the dossier of ${enrollmentId} (${organization})`;
  const lines = ok
    ? [
        `Genuine: ${whose}, made ${time} by ${build}.`,
        ...factsOf(report),
        '',
        'What happened',
        ...storyOf(report, reasonOf),
        '',
        'What to know of it',
        ...remarks.map((remark) => `  ${told(remark)}`),
      ]
    : [`Not genuine: ${whose}.`, ...findings.map((finding) => `  ${told(finding)}`)];
  return lines.map(printable).join('\n');
}

function told({ name, about, why }: DossierNote<string>): string {
  return `${name}: ${about === undefined ? '' : `${about}. `}${sentence(capital(why))}`;
}

function factsOf({ dossier, checkpoint, anchors, ledger, lines, receipts }: DossierReport): string[] {
  const { request, key, backups, state, decided } = dossier;
  const { subscriber, purpose, keySpec, assurance } = request;
  const facts: [string, string][] = [
    ['state', state],
    ['subscriber', `${subscriber.id}, ${commonNameOf(subscriber)}, ${subscriber.email}`],
    ['key', `${key.label} (${purpose}), ${keySpec}, assurance ${assurance}, custody ${key.custody}`],
    ...(key.spkiSha256 === null ? [] : [['public key', `SPKI SHA-256 ${key.spkiSha256}`] as const]),
    ...(key.csrSha256 === null ? [] : [['request', `CSR SHA-256 ${key.csrSha256}`] as const]),
    ['may leave', key.exportable ? 'yes, where policy allows it' : 'no, never'],
    ['escrow', key.escrow],
    ...(key.escrowDue === null
      ? []
      : [
          [
            'escrow due',
            `since ${key.escrowDue.since}, by policy ${key.escrowDue.policy.version}: ${key.escrowDue.policy.rules.join(', ')}`,
          ] as const,
        ]),
    ...backups.map(({ id, retainUntil }) => ['backup', `${id}, kept until ${retainUntil}`] as const),
    ['policy', `${decided.policy.version}: ${decided.policy.rules.join(', ')}`],
    ...(decided.refusal === null
      ? []
      : [['refused', `${sentence(decided.refusal.reason)} Ask ${decided.refusal.contact}.`] as const]),
    [
      'verified',
      `${count(lines.filter(({ proved }) => proved).length, 'entry', 'entries')} of ${lines.length} by proof, ${count(receipts.length, 'receipt')}`,
    ],
    ...(checkpoint === null
      ? []
      : [
          ['sealed', `up to entry ${checkpoint.treeSize}, ${checkpoint.time}`] as const,
          ['its root', checkpoint.rootHash] as const,
        ]),
    ...(anchors.given === 0
      ? []
      : [
          [
            'held against',
            `${count(anchors.given, 'checkpoint')} kept elsewhere: ${anchors.same} of the very same ledger, ${anchors.continued} of its beginning, by proof`,
          ] as const,
        ]),
    ...(ledger === null
      ? []
      : [
          [
            'ledger',
            `whole, ${count(ledger.treeSize, 'sealed entry', 'sealed entries')}, ${ledger.entries} of them of this enrollment; ${ledger.complete ? 'the dossier lacks none' : 'that the dossier lacks none is not shown'}`,
          ] as const,
        ]),
  ].map(([name = '', value = '']) => [name, value]);
  return facts.map(([name, value]) => `  ${name.padEnd(14)}${value}`);
}

/** Something that happened, and what is to be told of it. */
interface Happening {
  at: number;
  lines: string[];
}

/** Entries and notices in order of time; each receipt beside the entry that it names, or else where it was signed. */
function storyOf({ dossier, lines, receipts }: DossierReport, reasonOf: ReasonOf): string[] {
  const receiptOf = (line: DossierLine) =>
    receipts.find(({ id, receipt }) => id === line.entry.receiptId || receipt.ledgerEntry === line.id);
  const beside = new Set(lines.map((line) => receiptOf(line)?.id));
  const happenings: Happening[] = [
    {
      at: Date.parse(dossier.request.requestedAt),
      lines: [`${dossier.request.requestedAt}  the request was taken`],
    },
    ...lines.map((line) => ({
      at: Date.parse(line.time),
      lines: entryLines(line, receiptOf(line), reasonOf),
    })),
    ...dossier.notices.map(({ time, subject, text }) => ({
      at: Date.parse(time),
      lines: [`${time}  ${dossier.request.subscriber.id} was told: ${subject}`, `    ${text}`],
    })),
    ...receipts
      .filter(({ id }) => !beside.has(id))
      .map((receipt) => {
        const at = receipt.receipt.iat * 1_000;
        return { at, lines: [`${new Date(at).toISOString()}  signed`, ...receiptLines(receipt)] };
      }),
  ];
  // Sorting is stable: what has the same time stays in the order of the ledger.
  return happenings
    .sort((one, other) => one.at - other.at)
    .flatMap((each) => each.lines.map((line) => `  ${line}`));
}

const outcomes = { done: 'done', refused: 'refused', failed: 'failed' } as const;

function entryLines(
  { sequence, time, entry, proved }: DossierLine,
  receipt: DossierReceipt | undefined,
  reasonOf: ReasonOf,
): string[] {
  const { principal, action, outcome, code, profile, policy, takesBack } = entry;
  const who = principal === '' ? 'somebody unknown' : principal;
  const what = profile === undefined ? action : `${action} (${profile})`;
  const why = code === undefined ? '' : `, ${code}`;
  const place = proved ? `entry ${sequence}, proved` : `entry ${sequence}, not sealed yet`;
  return [
    `${time}  ${who}  ${what.replaceAll('-', ' ')}: ${outcomes[outcome]}${why}  [${place}]`,
    ...meaningOf(code),
    ...(policy === undefined ? [] : policyLines(policy, reasonOf)),
    ...(takesBack === undefined ? [] : [`    It takes back entry ${takesBack}.`]),
    ...(receipt === undefined ? [] : receiptLines(receipt)),
  ];
}

function meaningOf(code: string | undefined): string[] {
  const known = Object.entries(errorTable).find(([name]) => name === code)?.[1];
  return known === undefined ? [] : [`    ${sentence(known.meaning)}`];
}

function policyLines({ version, rules }: { version: string; rules: readonly string[] }, reasonOf: ReasonOf) {
  return rules.map((rule) => {
    const reason = reasonOf(version, rule);
    return `    by policy ${version}, rule ${rule}${reason === undefined ? '' : `: ${reason}`}`;
  });
}

function receiptLines({ id, receipt }: DossierReceipt): string[] {
  if (receipt.receipt === 'refusal')
    return [
      `    receipt ${id}: refused ${receipt.action}. ${sentence(receipt.reason)} Ask ${receipt.contact}.`,
    ];
  const { objectVersion, backupId, pfxSha256, retainUntil, confirms, provedBy } = receipt;
  const what =
    objectVersion === null
      ? `copy ${backupId}, kept by its subscriber only`
      : `escrowed backup ${backupId}, version ${objectVersion}, kept until ${retainUntil}`;
  const confirmed = [
    [confirms.privateKeyWorks, 'the key works'],
    [confirms.passwordSet, 'a password is set'],
    [confirms.passwordAgreed, 'the password was entered again'],
    [confirms.fileRestores, 'the file restores'],
  ].flatMap(([yes, says]) => (yes === true ? [says] : []));
  return [
    `    receipt ${id}: ${what}`,
    `      SHA-256 ${pfxSha256}; ${confirmed.join(', ')}; proved by ${provedBy.join(', ')}`,
  ];
}
