/** Puts an object into a vault, and is killed by the system where it would rename the written file. */
import { nodeFileOperations } from '#adapters/files/file-operations.ts';
import { FileVault } from '#adapters/files/file-vault.ts';
import { openDatabase } from '#adapters/sqlite/database.ts';

const [, , file = '', folder = '', name = ''] = process.argv;
const files = {
  ...nodeFileOperations,
  async rename() {
    process.kill(process.pid, 'SIGKILL');
  },
};
const vault = new FileVault(openDatabase(file), folder, { now: () => new Date() }, { files });
await vault.put(name, Uint8Array.of(1, 2, 3), new Date(0));
