import { shellLines } from '#test/doubles/kms/arguments.ts';
import { startStandIns } from './stand-ins.ts';

// Runs the stand-ins until standard input ends, and prints the variables that lead the AWS SDK there, as a shell takes them.
const standIns = await startStandIns();
process.stdout.write(shellLines(standIns.environment));
process.stdin.resume();
process.stdin.once('end', () => void standIns.close());
process.stdin.once('error', () => void standIns.close());
