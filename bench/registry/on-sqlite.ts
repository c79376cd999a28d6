import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import type { Registry } from '#ports/registry.ts';
import { compare, measure } from '../measure.ts';
import type { Report, Result } from '../result.ts';
import { organization } from './enrollments.ts';
import { fillSqlite } from './fill-sqlite.ts';
import { askAll, lookUps } from './look-ups.ts';

const few = 1_000;
const many = 1_000_000;
const runs = 31;
/** Look-ups in one sample. */
const perSample = 300;

/** Tells each look-up among a million enrollments against the same among a thousand, and the worst of them as the result with an aim. */
export async function lookUpsOnSqlite(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-bench-'));
  try {
    const fewFile = filled(report, folder, few);
    const manyFile = filled(report, folder, many);
    const opened = [openRegistry(fewFile), openRegistry(manyFile)] as const;
    try {
      await compareAll(report, opened[0].registry, opened[1].registry);
    } finally {
      for (const { close } of opened) close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function filled(report: Report, folder: string, count: number): string {
  const file = join(folder, `${count}.db`);
  report.message(`registry: filling a database with ${count} enrollments`);
  fillSqlite(file, count, (rows) => {
    if (rows % 200_000 === 0) report.message(`  ${rows}`);
  });
  return file;
}

/** Opens it as a service in use has it: every record was met before, so that the system has the file in memory. */
function openRegistry(file: string) {
  const database = openDatabase(file);
  database.prepare('SELECT sum(length(record)) FROM aggregates').get();
  database.prepare('SELECT count(id) FROM aggregates INDEXED BY sqlite_autoindex_aggregates_1').get();
  const registry = new SqliteRegistry(database, { now: () => new Date() });
  return { registry, close: () => database.close() };
}

async function compareAll(report: Report, fewThere: Registry, manyThere: Registry): Promise<void> {
  const yardstick = `the same among ${few} enrollments; SQLite, ${perSample} a sample, all of both files read once before; Node ${process.version}`;
  let worst: Result | undefined;
  for (const lookUp of lookUps) {
    report.message(`registry-${lookUp.name}: ${runs} runs of ${perSample}`);
    const sample = (registry: Registry, among: number) => {
      let from = 0;
      return async () => {
        const start = performance.now();
        await askAll(lookUp, registry, { among, times: perSample, from });
        from += perSample;
        return performance.now() - start;
      };
    };
    const claim = {
      name: `registry-1m-vs-1k-${lookUp.name}`,
      runs,
      reach: 'none',
      yardstick: `${yardstick}: ${lookUp.does}`,
    };
    const result = await compare(claim, sample(manyThere, many), sample(fewThere, few));
    report.result(result);
    if (worst === undefined || result.value > worst.value) worst = result;
  }
  if (worst !== undefined) {
    report.result({
      ...worst,
      name: 'registry-1m-vs-1k',
      reach: '<=1.5',
      yardstick: `the worst of them, ${worst.name}: ${worst.yardstick}`,
    });
  }
  await compareCounts(report, fewThere, manyThere, yardstick);
}

/** Counting goes through an index of all: it costs more the more there are, and is told so. */
async function compareCounts(report: Report, fewThere: Registry, manyThere: Registry, yardstick: string) {
  const timed = (registry: Registry) => async () => {
    const start = performance.now();
    await registry.counts(organization);
    return performance.now() - start;
  };
  const does = 'how many are in each state, by counting them all; asked for by the status page';
  const claim = { name: 'registry-1m-vs-1k-counts', runs, reach: 'none', yardstick: `${yardstick}: ${does}` };
  report.result(await compare(claim, timed(manyThere), timed(fewThere)));
  const alone = {
    name: 'registry-1m-counts-ms',
    runs: 5,
    reach: 'none',
    yardstick: `none, alone, among ${many}: ${does}`,
  };
  report.result(await measure(alone, 'ms', timed(manyThere)));
}
