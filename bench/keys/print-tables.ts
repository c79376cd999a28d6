import { text } from 'node:stream/consumers';
import { parseResults } from '../pfx/tables.ts';
import { tableOf } from './table.ts';

// The JSON lines of a run on stdin become the table of docs/measurements.md on stdout.
process.stdout.write(`${tableOf(parseResults(await text(process.stdin)))}\n`);
