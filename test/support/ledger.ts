import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { checkpointSha256, signCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { newestCheckpointName, segmentPath, unsealedName } from '#crypto/ledger/folder.ts';
import { beforeTheFirst, formatLine, lineSha256 } from '#crypto/ledger/line.ts';
import { nextCheckpoint, nothingSealed, segmentNumber, writeSegment } from '#crypto/ledger/segment.ts';
import { writeUnsealed } from '#crypto/ledger/unsealed.ts';
import {
  type LedgerFolder,
  type LedgerReport,
  type VerifyOptions,
  verifyLedger,
} from '#crypto/ledger/verify-ledger.ts';
import type { StatementKeys, StatementSigner } from '#crypto/signed-statement.ts';

/** A key that signs checkpoints, as that of a service. */
export interface SigningService {
  signer: StatementSigner;
  /** As the service publishes it. */
  jwks: StatementKeys;
  privateKey: KeyObject;
}

export async function signingService(): Promise<SigningService> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const bare = { kty: 'EC', crv: 'P-256', x, y };
  const jwk = { ...bare, kid: await calculateJwkThumbprint(bare) };
  const signer = {
    publicKey: jwk,
    sign: async (message: Uint8Array) =>
      sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
  return { signer, jwks: { keys: [jwk] }, privateKey };
}

export interface LedgerPlan {
  organization?: string;
  /** How many lines each segment has. */
  segments: readonly number[];
  unsealed?: number;
  /** The id of a line. */
  id?: (sequence: number) => string;
  /** What the entry of a line says beyond its organization. */
  entry?: (sequence: number) => object;
  /** When a line was recorded, in seconds after the start. */
  second?: (sequence: number) => number;
  /** When a checkpoint was signed, likewise; a second after its last line if not given. */
  signedAt?: (segment: number, treeSize: number) => number;
}

/** A ledger as it is exported, by the names of its files; and its checkpoints, compact JWS. */
export interface MadeLedger {
  files: Map<string, string>;
  checkpoints: string[];
  /** The texts of all lines. */
  lines: string[];
}

const timeOf = (second: number) => new Date(Date.UTC(2026, 0, 5, 8) + second * 1_000).toISOString();

/** Makes a genuine ledger. */
export async function makeLedger({ signer }: SigningService, plan: LedgerPlan): Promise<MadeLedger> {
  const { organization = 'org-1', second = (sequence) => sequence } = plan;
  const { signedAt = (_segment, treeSize) => second(treeSize) + 1 } = plan;
  const lines = linesOf(plan, organization, second);
  const files = new Map<string, string>();
  const checkpoints: string[] = [];
  let sealed = nothingSealed();
  for (const count of plan.segments) {
    const own = lines.slice(sealed.frontier.size, sealed.frontier.size + count);
    const time = timeOf(signedAt(sealed.segment + 1, sealed.frontier.size + count));
    const { checkpoint, frontier } = nextCheckpoint(sealed, own, { organization, time });
    const jws = await signCheckpoint(checkpoint, signer);
    files.set(segmentPath(checkpoint.segment), writeSegment({ lines: own, checkpoint: jws }));
    checkpoints.push(jws);
    const { segment, lastLineSha256 } = checkpoint;
    sealed = { segment, frontier, lastLineSha256, checkpointSha256: checkpointSha256(jws) };
  }
  const rest = lines.slice(sealed.frontier.size);
  if (rest.length > 0) files.set(unsealedName, writeUnsealed(rest));
  files.set(newestCheckpointName, `${checkpoints.at(-1)}\n`);
  return { files, checkpoints, lines };
}

function linesOf(
  { segments, unsealed = 0, entry = plainEntry, id: idOf = (sequence) => `led_${sequence}` }: LedgerPlan,
  organization: string,
  second: (sequence: number) => number,
): string[] {
  const lines: string[] = [];
  const count = segments.reduce((sum, each) => sum + each, unsealed);
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const before = lines.at(-1);
    const previousSha256 = before === undefined ? beforeTheFirst : lineSha256(before);
    const id = idOf(sequence);
    const recorded = { action: 'request-enrollment', organization, ...entry(sequence) };
    lines.push(formatLine({ sequence, previousSha256, time: timeOf(second(sequence)), id, entry: recorded }));
  }
  return lines;
}

function plainEntry(sequence: number): object {
  return { principal: `person-${sequence}`, outcome: 'done', enrollmentId: `enr_${sequence}` };
}

/** Files in memory as the folder that they would be. */
export function folderOf(files: ReadonlyMap<string, string | Uint8Array>): LedgerFolder {
  const numbers = [...files.keys()].map((name) => segmentNumber(name.replace(/^segments\//, '')));
  return {
    segments: numbers.filter((number) => number !== undefined).sort((a, b) => a - b),
    hasUnsealed: files.has(unsealedName),
    hasCheckpoint: files.has(newestCheckpointName),
    strays: [],
    read: (name) => bytesOf(files.get(name) ?? ''),
  };
}

export async function* bytesOf(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

/** Verifies files in memory. @param anchors checkpoints that were kept, each as a file of its own */
export function verifyFiles(
  files: ReadonlyMap<string, string | Uint8Array>,
  { jwks }: SigningService,
  anchors: readonly string[] = [],
  options: VerifyOptions = {},
): Promise<LedgerReport> {
  const kept = anchors.map((jws, index) => ({ name: `kept-${index + 1}.jwt`, read: () => bytesOf(jws) }));
  return verifyLedger(folderOf(files), jwks, { anchors: kept, ...options });
}

/** The findings of a report as a person would name them: what, in which file and line, of which sequence. */
export function namesOf({ findings }: LedgerReport): string[] {
  return findings.map(({ name, file, line, sequence, lastSequence }) => {
    const place = line === undefined ? '' : `:${line}`;
    const last = lastSequence === undefined ? '' : `-${lastSequence}`;
    return `${name} ${file}${place}${sequence === undefined ? '' : ` #${sequence}${last}`}`;
  });
}
