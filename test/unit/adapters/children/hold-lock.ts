/** Takes a data folder and keeps it until it is ended; or says why it could not. */
import { lockDataFolder } from '#adapters/sqlite/data-folder-lock.ts';
import { asEscrowError } from '#domain/errors.ts';

try {
  lockDataFolder(process.argv[2] ?? '');
  process.stdout.write('held\n');
  setInterval(() => {}, 1_000);
} catch (error) {
  process.stdout.write(`${asEscrowError(error).code}\n`);
}
