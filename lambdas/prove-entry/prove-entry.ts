import { auditing } from '#contract/api/roles.ts';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { verifyInclusion } from '#crypto/ledger/merkle.ts';
import { AccessError, StateError, StoreError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { LedgerTrees } from '#steps/ledger-trees.ts';
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
    const { treeSize, rootHash } = readCheckpoint(checkpoint);
    const proof = await dependencies.trees.inclusionPath(organization, sequence - 1, treeSize);
    const root = Buffer.from(rootHash, 'hex');
    const claim = { index: sequence - 1, size: treeSize, leaf: lineLeaf(line), proof, root };
    if (!verifyInclusion(claim)) throw damaged();
    const path = proof.map((node) => Buffer.from(node).toString('hex'));
    return { line, sequence, treeSize, path, checkpoint };
  });
}

function notSealed(): StateError {
  return new StateError('wrong-state', {
    why: 'The entry is not sealed yet.',
    next: 'Ask again in a minute.',
  });
}

function damaged(): StoreError {
  return new StoreError('object-damaged', {
    why: 'The ledger is not the one that was sealed: a line of it was changed.',
    next: 'Tell the operator: verify an export of it with a checkpoint that was kept elsewhere.',
  });
}
