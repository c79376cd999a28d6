/** Loses the end of the file in the middle of a transaction, reads on, and prints the code of the error. */
import { truncateSync } from 'node:fs';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { asEscrowError } from '#domain/errors.ts';

const [, , file = ''] = process.argv;
const database = openDatabase(file);
const read = database.prepare(
  "SELECT bytes FROM documents WHERE kind = 'csr' AND organization = 'acme' AND id = ?",
);
try {
  database.transaction(() => {
    read.get('d-1');
    truncateSync(file, 40_960);
    read.get('d-200');
  });
  process.stdout.write('read\n');
} catch (error) {
  process.stdout.write(`${asEscrowError(error).code}\n`);
}
