/** Replaces one enrollment again and again, repeating after each lost race, and prints each version that it wrote. */
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { EscrowError } from '#domain/errors.ts';

const [, , file = '', times = ''] = process.argv;
const registry = new SqliteRegistry(openDatabase(file), { now: () => new Date() });

for (let written = 0; written < Number(times); ) {
  const present = await registry.read('enrollment', 'acme', 'e-1');
  if (present === undefined) break;
  const next = { ...present, version: present.version + 1, exports: present.exports + 1 };
  try {
    await registry.replace(next, { version: present.version, states: [present.state] });
    process.stdout.write(`${next.version}\n`);
    written += 1;
  } catch (error) {
    if (!(error instanceof EscrowError) || error.code !== 'version-conflict') throw error;
  }
}
