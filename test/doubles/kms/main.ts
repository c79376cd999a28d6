import { parseArgs } from 'node:util';
import { kmsEnvironment } from './environment.ts';
import { startKmsDouble } from './kms-double.ts';

/**
 * Runs the stand-in for AWS KMS until standard input ends, so that it does not outlive whoever started it. Prints one line of
 * JSON: the endpoint, and the variables that lead the AWS SDK there.
 */
const { values } = parseArgs({ options: { folder: { type: 'string' }, port: { type: 'string' } } });
const { folder, port = '0' } = values;
const double = await startKmsDouble({ port: Number(port), ...(folder === undefined ? {} : { folder }) });
const { endpoint } = double;
process.stdout.write(`${JSON.stringify({ endpoint, environment: kmsEnvironment(double) })}\n`);
process.stdin.resume();
process.stdin.once('end', () => void double.close());
process.stdin.once('error', () => void double.close());
