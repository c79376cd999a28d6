import type { Group } from '../result.ts';
import { lookUpsOnSqlite } from './on-sqlite.ts';

/** Look-ups in the registry among many enrollments against the same among few. */
export const registry: Group = async (report) => {
  await lookUpsOnSqlite(report);
};
