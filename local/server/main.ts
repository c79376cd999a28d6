import { explain } from '#domain/plain-words.ts';
import { createLogger, type Logger, prettyForm } from '#runtime/log.ts';
import { explainFailure, kindOfCause } from '../failure.ts';
import { print } from '../print.ts';
import { help, parseServerArguments, type ServerArguments } from './arguments.ts';
import { firstSteps } from './first-steps.ts';
import { openServer } from './open-server.ts';
import { endOnFailure, firstSignal } from './process-end.ts';

const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;

// Whatever still holds the process, as the connection to a collector that hangs, is nothing that it should wait for.
process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  // Unheard, a closed pipe or a full disk would end the process with a stack trace.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  let settings: ServerArguments;
  try {
    settings = parseServerArguments(args);
    if (settings.help) {
      await print(help);
      return exitStatus.ok;
    }
  } catch (error) {
    say(explain(explainFailure(error, { out: 'standard output', data: '' })));
    return exitStatus.usage;
  }
  return await serve(settings);
}

async function serve(settings: ServerArguments): Promise<number> {
  const log = loggerFor(settings);
  const signalled = firstSignal();
  endOnFailure(log);
  try {
    const { started, stop } = await openServer(settings, log);
    log.info('listening', { url: started.url });
    await print(firstSteps(started));
    const signal = await signalled;
    log.info('signalled', { signal });
    await stop();
    return exitStatus.ok;
  } catch (thrown) {
    const error = explainFailure(thrown, { out: settings.data, data: settings.data });
    say(explain(error));
    if (error.code === 'internal') say(`What failed: ${kindOfCause(error)}.`);
    return exitStatus.failed;
  }
}

function loggerFor({ log }: ServerArguments): Logger {
  const isPretty = log === undefined ? process.stderr.isTTY : log === 'pretty';
  const form = isPretty ? prettyForm(process.stderr, process.env) : 'json';
  return createLogger({ stream: process.stderr, clock: { now: () => new Date() }, form });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
