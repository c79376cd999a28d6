import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileVault } from '#adapters/files/file-vault.ts';
import type { StoredObject } from '#ports/backup-vault.ts';
import type { ManualClock } from '#test/doubles/clock.ts';
import { MemoryBackupVault } from '#test/doubles/memory-backup-vault.ts';
import {
  backupVaultContract,
  removableVaultContract,
  tamperedVaultContract,
} from './backup-vault.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

const pageSize = 2;

function onFiles(clock: ManualClock) {
  return onDataFolder(({ path, database }) => {
    const folder = join(path, 'vault');
    const fileOf = ({ name, version }: StoredObject) => join(folder, `${name}.${version}`);
    return {
      vault: new FileVault(database, folder, clock, { pageSize }),
      damage(object: StoredObject) {
        const bytes = readFileSync(fileOf(object));
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        chmodSync(fileOf(object), 0o600);
        writeFileSync(fileOf(object), bytes);
      },
      lose(object: StoredObject) {
        rmSync(fileOf(object));
      },
    };
  });
}

function ofMemory(clock: ManualClock) {
  const vault = new MemoryBackupVault(clock, pageSize);
  return inMemory({
    vault,
    damage: ({ name }: StoredObject) => vault.damage(name),
    lose: ({ name }: StoredObject) => vault.lose(name),
  });
}

for (const [name, make] of [
  ['FileVault', onFiles],
  ['MemoryBackupVault', ofMemory],
] as const) {
  backupVaultContract(name, make);
  tamperedVaultContract(name, make);
  removableVaultContract(name, make);
}
