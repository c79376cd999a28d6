import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileVault } from '#adapters/files/file-vault.ts';
import type { StoredObject } from '#ports/backup-vault.ts';
import { MemoryBackupVault } from '#test/doubles/memory-backup-vault.ts';
import { backupVaultContract } from './backup-vault.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

backupVaultContract('FileVault', (clock) =>
  onDataFolder(({ path, database }) => {
    const folder = join(path, 'vault');
    const fileOf = ({ name, version }: StoredObject) => join(folder, `${name}.${version}`);
    return {
      vault: new FileVault(database, folder, clock),
      damage(object) {
        const bytes = readFileSync(fileOf(object));
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        chmodSync(fileOf(object), 0o600);
        writeFileSync(fileOf(object), bytes);
      },
      lose(object) {
        rmSync(fileOf(object));
      },
    };
  }),
);

backupVaultContract('MemoryBackupVault', (clock) => {
  const vault = new MemoryBackupVault(clock);
  return inMemory({
    vault,
    damage: ({ name }: StoredObject) => vault.damage(name),
    lose: ({ name }: StoredObject) => vault.lose(name),
  });
});
