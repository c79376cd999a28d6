import type { Finding, Place, Remark } from '#crypto/ledger/findings.ts';
import type { LedgerReport } from '#crypto/ledger/verify-ledger.ts';
import { capital, printable, sentence } from '#domain/plain-words.ts';

/** What a ledger was found to be, for a person. Nothing of what its entries say. */
export function describeLedger(report: LedgerReport): string {
  const { ok, newest, findings, remarks, unlisted } = report;
  const lines = [
    `${ok ? 'Whole' : 'Not whole'}: ${sizeOf(report)}.`,
    ...findings.map((finding) => `  ${told(finding)}`),
    ...(newest === null
      ? []
      : [
          `  last sealed   ${newest.time}, up to entry ${newest.treeSize}, in segment ${newest.segment}`,
          `  its root      ${newest.rootHash}`,
        ]),
    `  held against  ${anchorsOf(report)}`,
    ...remarks.map((remark) => `  remark        ${told(remark)}`),
    ...(unlisted === 0 ? [] : [`  and ${unlisted} more findings or remarks that are not listed`]),
  ];
  return lines.map(printable).join('\n');
}

function sizeOf({ organization, treeSize, segments }: LedgerReport): string {
  const whose =
    organization === null || organization === ''
      ? 'a ledger of no organization'
      : `the ledger of ${organization}`;
  return `${whose}, ${count(treeSize, 'sealed entry', 'sealed entries')} in ${count(segments, 'segment', 'segments')}`;
}

function told({ name, why, ...place }: Finding | Remark): string {
  return `${name}: ${placeOf(place)}. ${sentence(capital(why))}`;
}

function placeOf({ file, line, sequence, lastSequence }: Place): string {
  const isSeveral = lastSequence !== undefined && lastSequence !== sequence;
  return [
    file,
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(sequence === undefined
      ? []
      : [isSeveral ? `entries ${sequence} to ${lastSequence}` : `entry ${sequence}`]),
  ].join(', ');
}

function anchorsOf({ anchors: { given, held, heldUpTo } }: LedgerReport): string {
  if (given === 0) {
    return 'no checkpoint kept elsewhere: whoever holds all keys of the service could have written it anew';
  }
  const upTo = heldUpTo === 0 ? '' : `, up to entry ${heldUpTo}`;
  return `${count(given, 'checkpoint', 'checkpoints')} kept elsewhere, and agrees with ${held}${upTo}`;
}

function count(number: number, one: string, more: string): string {
  return `${number} ${number === 1 ? one : more}`;
}
