import {
  type Checkpoint,
  checkpointSha256,
  readCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from '#crypto/ledger/checkpoint.ts';
import { Frontier } from '#crypto/ledger/merkle.ts';
import {
  mostLines,
  nextCheckpoint,
  nothingSealed,
  readSegment,
  type Sealed,
  writeSegment,
} from '#crypto/ledger/segment.ts';
import { asEscrowError, EscrowError, StoreError } from '#domain/errors.ts';
import type { SealedLedger } from '#domain/sealed-ledger.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import type { Registry } from '#ports/registry.ts';
import type { SealableLog, SealedSoFar } from '#ports/sealable-log.ts';
import type { Dependencies } from './dependencies.ts';
import { restoreLastSegment } from './restore-segment.ts';
import { orderedLog } from './sealable-log.ts';
import { statementKeys } from './statement-keys.ts';

/** What it takes to seal a log that is given. */
export type SealingNeeds = Pick<Dependencies, 'segments' | 'clock'> & {
  registry: Pick<Registry, 'read' | 'create' | 'replace'>;
  keys: Pick<KeyProvider, 'receiptKey' | 'retiredReceiptKeys' | 'signReceipt'>;
};
export type SealNeeds = SealingNeeds & Pick<Dependencies, 'registry' | 'ledgerLog' | 'ledger'>;

type Needs = SealingNeeds & { log: SealableLog };

/** A segment holds no more than this, so that it can be answered as one: in bytes of text, and in lines. */
const largestSegment = 4_194_304;

/** How often another who seals at the same time may be first before this one leaves it to the other. */
const mostRaces = 8;

/**
 * Seals what an organization's ledger has that is not sealed: segments of it, each with its checkpoint, each written once.
 * Nothing where there is nothing new.
 *
 * A segment comes first, then the record that names it with its event. So a crash between the two leaves a segment that no
 * record names yet: it is taken as it is, if it is what the log holds. What two write at the same time, one has written.
 * @returns the checkpoints that were made, or found made, compact JWS, oldest first
 * @throws StoreError `object-damaged` if what is sealed, or the log, is not what was written; `object-missing` if the last segment
 *   is gone, and cannot be made again; `store-unavailable`; ProviderError as `KeyProvider.signReceipt`; StateError
 *   `version-conflict` if others kept winning
 */
export async function sealLedger(needs: SealNeeds, organization: string): Promise<string[]> {
  const all = { ...needs, log: orderedLog(needs.ledgerLog) };
  try {
    return await sealLog(all, organization);
  } catch (error) {
    const isGone = asEscrowError(error).code === 'object-missing';
    if (!isGone || !(await restoreLastSegment(needs, organization))) throw error;
    return await sealLog(all, organization);
  }
}

/** The same, of a log that may have its order from being sealed: what is sealed is noted before it counts. */
export async function sealLog(needs: Needs, organization: string): Promise<string[]> {
  const made: string[] = [];
  for (let races = 0; ; ) {
    const record = await needs.registry.read('ledger', organization, 'ledger');
    try {
      const checkpoint = await sealNext(needs, organization, record);
      if (checkpoint === undefined) return made;
      made.push(checkpoint);
    } catch (error) {
      races += 1;
      if (!isRace(asEscrowError(error)) || races === mostRaces) throw error;
    }
  }
}

/** Seals one segment, or takes the one that is there. @returns its checkpoint; undefined if there was nothing to seal */
async function sealNext(
  needs: Needs,
  organization: string,
  record: SealedLedger | undefined,
): Promise<string | undefined> {
  const before = sealedBy(record);
  const next = before.segment + 1;
  const found = await needs.segments.get(organization, next);
  if (found !== undefined) return await adopt(needs, organization, before, found);
  const lines = await unsealedLines(needs, organization, before);
  if (lines.length === 0) return undefined;
  await requireLast(needs, organization, record);

  const time = needs.clock.now().toISOString();
  const { checkpoint, frontier } = following(before, lines, organization, time);
  const publicKey = await needs.keys.receiptKey();
  const signer = { publicKey, sign: (message: Uint8Array) => needs.keys.signReceipt(message) };
  const jws = await signCheckpoint(checkpoint, signer);
  const segment = writeSegment({ lines, checkpoint: jws });
  await needs.segments.put(organization, next, Buffer.from(segment));
  await needs.log.noteSealed(organization, next, lines, soFar(before));
  await advance(needs, checkpoint, frontier, jws);
  return jws;
}

/** Takes a segment that stands there already: signed by this service, and of the very lines that the log holds. */
async function adopt(needs: Needs, organization: string, before: Sealed, bytes: Uint8Array): Promise<string> {
  const { lines, checkpoint: jws } = asDamage(() => readSegment(bytes));
  const own = await verifiedCheckpoint(needs, jws);
  const { checkpoint, frontier } = following(before, lines, organization, own.time);
  const isSame = Object.entries(checkpoint).every(([name, value]) => Reflect.get(own, name) === value);
  const isLogged = await needs.log.holds(organization, checkpoint.segment, lines, soFar(before));
  if (!isSame || !isLogged) throw damaged(undefined);
  await needs.log.noteSealed(organization, checkpoint.segment, lines, soFar(before));
  await advance(needs, checkpoint, frontier, jws);
  return jws;
}

/** The one write that makes a segment count, and bears its event. */
async function advance(
  { registry }: SealingNeeds,
  { organization, segment, treeSize, lastLineSha256 }: Checkpoint,
  frontier: Frontier,
  checkpoint: string,
): Promise<void> {
  const data = { organization, segment, treeSize, checkpoint };
  const record: SealedLedger = {
    ...{ type: 'ledger', organization, id: 'ledger', version: segment, treeSize, lastLineSha256, checkpoint },
    frontier: frontier.nodes().map((node) => Buffer.from(node).toString('hex')),
    // Nobody follows what names no organization.
    events: organization === '' ? [] : [{ name: 'LedgerCheckpointed', data }],
  };
  if (segment === 1) await registry.create(record);
  else await registry.replace(record, { version: segment - 1 });
}

/** What a record says of the ledger before the next segment. */
function sealedBy(record: SealedLedger | undefined): Sealed {
  if (record === undefined) return nothingSealed();
  const { organization, version: segment, treeSize, frontier, lastLineSha256, checkpoint } = record;
  const nodes = frontier.map((node) => Buffer.from(node, 'hex'));
  const sealed = {
    segment,
    frontier: asDamage(() => Frontier.from(treeSize, nodes)),
    lastLineSha256,
    checkpointSha256: checkpointSha256(checkpoint),
  };
  // The record is not signed; what it builds on must be what the signed checkpoint says.
  const signed = asDamage(() => readCheckpoint(checkpoint));
  const isSigned =
    signed.organization === organization &&
    signed.segment === segment &&
    signed.treeSize === treeSize &&
    signed.lastLineSha256 === lastLineSha256 &&
    signed.rootHash === sealed.frontier.root().toString('hex');
  if (!isSigned) throw damaged(undefined);
  return sealed;
}

/** A checkpoint by this service: nothing is built on another, or whoever writes here without the key would have it signed. */
async function verifiedCheckpoint(needs: Needs, jws: string): Promise<Checkpoint> {
  return await verifyCheckpoint(jws, await statementKeys(needs)).catch((error) => {
    throw damaged(error);
  });
}

/** Nothing is built on a segment that is gone, or is another one: its checkpoint, by this service, must still end it. */
async function requireLast(
  needs: Needs,
  organization: string,
  record: SealedLedger | undefined,
): Promise<void> {
  if (record === undefined) return;
  await verifiedCheckpoint(needs, record.checkpoint);
  const bytes = await needs.segments.get(organization, record.version);
  if (bytes === undefined) {
    throw new StoreError('object-missing', {
      why: `Segment ${record.version} of the ledger is gone.`,
      next: 'Tell the operator: put it back from a copy. Nothing is sealed until it is there.',
    });
  }
  const { checkpoint } = asDamage(() => readSegment(bytes));
  if (checkpoint !== record.checkpoint) throw damaged(undefined);
}

/** As many unsealed lines as one segment takes. */
async function unsealedLines({ log }: Needs, organization: string, before: Sealed): Promise<string[]> {
  const lines: string[] = [];
  let size = 0;
  for await (const { text } of log.following(organization, soFar(before))) {
    size += Buffer.byteLength(text) + 1;
    if (size > largestSegment && lines.length > 0) break;
    lines.push(text);
    if (lines.length === mostLines) break;
  }
  return lines;
}

function soFar({ segment, frontier, lastLineSha256 }: Sealed): SealedSoFar {
  return { segment, treeSize: frontier.size, lastLineSha256, nodes: frontier.nodes() };
}

function following(before: Sealed, lines: readonly string[], organization: string, time: string) {
  return asDamage(() => nextCheckpoint(before, lines, { organization, time }));
}

function asDamage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause: unknown): StoreError {
  return new StoreError('object-damaged', {
    why: `The ledger is not the one that was sealed: ${whatOf(cause)}.`,
    next: 'Tell the operator: verify an export of it with a checkpoint that was kept elsewhere. Nothing is sealed until then.',
    ...(cause !== undefined && { cause }),
  });
}

/** What does not fit, where that is known. */
function whatOf(cause: unknown): string {
  const entry = cause instanceof EscrowError ? cause.details.field : undefined;
  return entry === undefined
    ? 'its lines, a segment or its record were changed'
    : `${entry} is gone, or another one`;
}

/** Another who sealed at the same time was first. */
function isRace({ code }: EscrowError): boolean {
  return code === 'already-exists' || code === 'version-conflict';
}
