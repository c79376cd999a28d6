import { help, parseDoubleArguments, shellLines } from './arguments.ts';
import { kmsEnvironment } from './environment.ts';
import { startKmsDouble } from './kms-double.ts';

/**
 * Runs the stand-in for AWS KMS until standard input ends, so that it does not outlive whoever started it. Prints the
 * variables that lead the AWS SDK there, and the endpoint.
 */
async function main(args: readonly string[]): Promise<void> {
  const { folder, port, shell, help: wantsHelp } = parseDoubleArguments(args);
  if (wantsHelp) {
    process.stdout.write(help);
    return;
  }
  const double = await startKmsDouble({ port, ...(folder === undefined ? {} : { folder }) });
  const { endpoint } = double;
  const environment = kmsEnvironment(double);
  process.stdout.write(shell ? shellLines(environment) : `${JSON.stringify({ endpoint, environment })}\n`);
  process.stdin.resume();
  process.stdin.once('end', () => void double.close());
  process.stdin.once('error', () => void double.close());
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nAsk for --help.\n`);
  process.exitCode = 2;
}
