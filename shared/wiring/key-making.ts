import { InternalError } from '#domain/errors.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { BackupVault } from '#ports/backup-vault.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import type { Registry } from '#ports/registry.ts';
import { openDocuments } from './documents.ts';
import { openKeys } from './keys.ts';
import type { Opening } from './opening.ts';
import type { Pace } from './queue-function.ts';
import { openRegistry } from './registry.ts';

/** What makes key pairs of one purpose. */
export interface KeyMaking {
  purpose: Purpose;
  registry: Registry;
  documents: DocumentStore;
  vault: BackupVault;
  keys: KeyProvider;
}

/** Making a key keeps a core busy. */
export const keyMakingPace: Pace = { lanes: 2, needsSeconds: 20 };

/**
 * Opens what it takes to make key pairs of the one purpose that a function is for.
 * @param vault `noVault` where identity keys are made: their functions know of no backups, and the code that stores any is not
 *   in their bundles
 * @throws as each opening does
 */
export async function openKeyMaking(opening: Opening, vault: BackupVault): Promise<KeyMaking> {
  const { purpose } = opening.spec;
  if (purpose === undefined)
    throw new InternalError('internal', { cause: `${opening.name} is for no purpose` });
  return {
    purpose,
    registry: openRegistry(opening),
    documents: openDocuments(opening),
    vault,
    keys: await openKeys(opening),
  };
}
