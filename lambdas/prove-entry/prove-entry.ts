import { auditing } from '#contract/api/roles.ts';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { AccessError, StateError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { LedgerTrees } from '#steps/ledger-trees.ts';
import { proveLines } from '#steps/prove-lines.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/** That a line stands in the ledger, for whoever has the keys of the service and nothing else. */
export interface EntryProof {
  /** The exact text that is hashed. */
  line: string;
  sequence: number;
  /** How many lines the checkpoint is of. */
  treeSize: number;
  /** From the leaf to the root, hex (RFC 9162 section 2.1.3.1). */
  path: string[];
  /** The newest one, compact JWS. */
  checkpoint: string;
}

/**
 * Proves that an entry stands in the ledger of the principal's organization, by the newest checkpoint; and verifies the proof
 * before it leaves.
 * @throws AccessError `not-permitted`, `not-found`; StateError `wrong-state` if the entry is not sealed yet; StoreError
 *   `object-damaged` if the line is not the one that was sealed, `store-unavailable`
 */
export async function proveEntry(
  dependencies: Pick<Dependencies, 'registry' | 'ledgerLog' | 'ledger'> & { trees: LedgerTrees },
  principal: Principal,
  { entryId, requestId }: { entryId: string; requestId: string },
): Promise<EntryProof> {
  const { organization } = principal;
  const act = actOf('prove-entry', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const found = await dependencies.ledgerLog.locate(organization, entryId);
    if (found === undefined) throw new AccessError('not-found');
    const { sequence, text: line } = found;
    const sealed = await dependencies.registry.read('ledger', organization, 'ledger');
    if (sealed === undefined || sealed.treeSize < sequence) throw notSealed();

    const { checkpoint } = sealed;
    const signed = { ...readCheckpoint(checkpoint), organization };
    const [path = []] = await proveLines(dependencies.trees, [found], signed);
    return { line, sequence, treeSize: signed.treeSize, path, checkpoint };
  });
}

function notSealed(): StateError {
  return new StateError('wrong-state', {
    why: 'The entry is not sealed yet.',
    next: 'Ask again in a minute.',
  });
}
