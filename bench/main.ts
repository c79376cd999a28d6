import { parseArgs } from 'node:util';
import { groups } from './groups.ts';
import { printed } from './result.ts';

const usage = `usage: npm run bench [-- GROUP...]   groups: ${[...groups.keys()].join(', ')}
       npm run bench -- pfx --only NAME   results whose names begin so; of the group pfx, keys or cold only`;

/** Exit status: 0 measured (whether the aim was reached or not), 1 could not measure, 2 wrong usage. */
async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string', default: '' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    printed.message(usage);
    return 0;
  }
  const names = positionals.length > 0 ? positionals : [...groups.keys()];
  const unknown = names.filter((name) => !groups.has(name));
  if (unknown.length > 0) {
    printed.message(`there is no group ${unknown.join(', ')}\n${usage}`);
    return 2;
  }
  if (values.only !== '' && !['pfx', 'keys', 'cold'].includes(names.join())) {
    printed.message(usage);
    return 2;
  }
  for (const [name, load] of groups) {
    if (!names.includes(name)) continue;
    printed.message(`== ${name}`);
    const group = await load();
    await group(printed, (result) => result.startsWith(values.only));
  }
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  printed.message(error instanceof Error ? error.message : String(error));
  return 1;
});
