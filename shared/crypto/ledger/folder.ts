import { segmentName } from './segment.ts';

// How the folder is laid out that a ledger is exported to.

/** The folder of the segments, in it. */
export const segmentsFolder = 'segments';
/** Lines newer than the last segment. */
export const unsealedName = 'unsealed.jsonl';
/** The newest checkpoint: compact JWS and a newline. */
export const newestCheckpointName = 'checkpoint.jwt';

/** Where a segment stands, as in `segments/000000001.jsonl`. */
export function segmentPath(segment: number): string {
  return `${segmentsFolder}/${segmentName(segment)}`;
}
