import * as v from 'valibot';
import { newestCheckpointName, segmentPath, unsealedName } from '#crypto/ledger/folder.ts';
import { writeUnsealed } from '#crypto/ledger/unsealed.ts';
import { type LedgerReport, verifyLedger } from '#crypto/ledger/verify-ledger.ts';
import { parseReceiptKeys } from '#crypto/receipts.ts';
import { call } from './api-client.ts';
import { folderOf } from './ledger.ts';

const segmentsSchema = v.object({
  segments: v.array(v.object({ segment: v.number() })),
  cursor: v.optional(v.string()),
});
const linesSchema = v.object({ lines: v.array(v.string()), more: v.boolean() });

/** A ledger as an auditor took it over the API. */
export interface AuditedLedger {
  /** By the names of its files. */
  files: Map<string, string | Uint8Array>;
  /** How many lines no segment holds. */
  unsealed: number;
  /** The newest one, compact JWS. */
  checkpoint: string;
}

/** Takes the whole ledger over the API, by whoever the token is of. */
export async function auditLedger(url: string, token: string): Promise<AuditedLedger> {
  const get = (target: string) => call(url, 'GET', target, { token });
  const files = new Map<string, string | Uint8Array>();
  let cursor = '';
  do {
    const page = v.parse(segmentsSchema, (await get(`/v1/ledger/segments?limit=2${cursor}`)).json);
    for (const { segment } of page.segments) {
      files.set(segmentPath(segment), (await get(`/v1/ledger/segments/${segment}`)).bytes);
    }
    cursor = page.cursor === undefined ? '' : `&cursor=${page.cursor}`;
  } while (cursor !== '');
  const checkpoint = (await get('/v1/ledger/checkpoint')).text;
  files.set(newestCheckpointName, `${checkpoint}\n`);
  const { lines } = v.parse(linesSchema, (await get('/v1/ledger/lines?limit=200')).json);
  if (lines.length > 0) files.set(unsealedName, writeUnsealed(lines));
  return { files, unsealed: lines.length, checkpoint };
}

/** What the verifier says of it, by the keys that the service publishes and checkpoints that were kept. */
export async function verifyAudited(
  url: string,
  { files }: AuditedLedger,
  anchors: readonly string[] = [],
): Promise<LedgerReport> {
  const { json } = await call(url, 'GET', '/.well-known/jwks.json');
  const kept = anchors.map((jws, index) => ({
    name: `kept-${index}`,
    read: async function* () {
      yield Buffer.from(jws);
    },
  }));
  return await verifyLedger(folderOf(files), parseReceiptKeys(json), { anchors: kept });
}
