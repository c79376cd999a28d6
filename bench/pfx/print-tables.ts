import { text } from 'node:stream/consumers';
import { parseResults, tablesOf } from './tables.ts';

// The JSON lines of a run on stdin become the tables of docs/measurements.md on stdout.
process.stdout.write(`${tablesOf(parseResults(await text(process.stdin)))}\n`);
