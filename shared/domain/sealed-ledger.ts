import type { DomainEvent } from './events.ts';

/**
 * What an organization's ledger was sealed to: one aggregate, one record, so that two who seal at once cannot both go on, and the
 * event of a checkpoint is borne with the state that it names.
 */
export interface SealedLedger {
  type: 'ledger';
  /** Empty for the entries that name no organization. */
  organization: string;
  /** Always `ledger`: there is one per organization. */
  id: 'ledger';
  /** The number of the last segment. */
  version: number;
  /** How many lines are sealed. */
  treeSize: number;
  /** The roots of the whole subtrees that the tree over them consists of, hex, the widest first. */
  frontier: readonly string[];
  /** SHA-256 of the last line that is sealed, hex. */
  lastLineSha256: string;
  /** The checkpoint of the last segment, compact JWS. */
  checkpoint: string;
  /** What happened with this version; replaced by the next write. */
  events: readonly DomainEvent[];
}
