import type { BackupVault, ListedObject } from '#ports/backup-vault.ts';

/** Everything that a vault lists under a prefix, over all its pages. */
export async function allListed(vault: Pick<BackupVault, 'list'>, prefix = ''): Promise<ListedObject[]> {
  const all: ListedObject[] = [];
  let cursor: string | undefined;
  do {
    const page = await vault.list(prefix, cursor);
    all.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}

export async function listedNames(vault: Pick<BackupVault, 'list'>, prefix = ''): Promise<string[]> {
  return (await allListed(vault, prefix)).map(({ name }) => name);
}
