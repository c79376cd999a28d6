import { InternalError } from '#domain/errors.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { BackupVault } from '#ports/backup-vault.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import type { Registry } from '#ports/registry.ts';
import { openDocuments } from './documents.ts';
import { openKeys } from './keys.ts';
import { noVault } from './no-vault.ts';
import type { Opening } from './opening.ts';
import { openRegistry } from './registry.ts';
import { openVault } from './vault.ts';

/** What makes key pairs of one purpose. */
export interface KeyMaking {
  purpose: Purpose;
  registry: Registry;
  documents: DocumentStore;
  /** Of no use to who makes identity keys: their function knows of no backups. */
  vault: BackupVault;
  keys: KeyProvider;
}

/** Opens what it takes to make key pairs of the one purpose that a function is for. @throws as each opening does */
export async function openKeyMaking(opening: Opening): Promise<KeyMaking> {
  const { purpose, uses } = opening.spec;
  if (purpose === undefined)
    throw new InternalError('internal', { cause: `${opening.name} is for no purpose` });
  return {
    purpose,
    registry: openRegistry(opening),
    documents: openDocuments(opening),
    vault: uses.includes('backups:write') ? openVault(opening) : noVault,
    keys: await openKeys(opening),
  };
}
