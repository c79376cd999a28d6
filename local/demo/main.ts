import { explain } from '#domain/plain-words.ts';
import { explainFailure, kindOfCause } from '../failure.ts';
import { print } from '../print.ts';
import { type DemoArguments, help, parseDemoArguments } from './arguments.ts';
import { ledgerFolder } from './folders.ts';
import { Progress } from './progress.ts';
import {
  csrsHeldBack,
  ledgerCommands,
  nextCommands,
  policyRefusals,
  refusedLines,
  requestLines,
  residentInKms,
  table,
  tokenRefusals,
  whose,
} from './report.ts';
import { type DemoResult, runDemo } from './run-demo.ts';
import { checkRefused } from './token-answers.ts';

const exitStatus = { ok: 0, failed: 1, usage: 2, someRefused: 3 } as const;
const statusOfInterrupt = 130;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  // Unheard, a closed pipe or a full disk would end the process with a stack trace; who writes is told of it anyhow.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const progress = new Progress();
  let folders = { out: 'the output folder', data: 'the data folder' };
  try {
    const settings = parseDemoArguments(args);
    if (settings.help) {
      await print(help);
      return exitStatus.ok;
    }
    folders = settings;
    return await run(settings, progress);
  } catch (thrown) {
    const error = explainFailure(thrown, folders);
    progress.say(explain(error));
    if (error.code === 'internal') progress.say(`What failed: ${kindOfCause(error)}.`);
    return error.code === 'usage' ? exitStatus.usage : exitStatus.failed;
  }
}

async function run(settings: DemoArguments, progress: Progress): Promise<number> {
  process.once('SIGINT', () => {
    progress.say('Stopped. Run the same again: it continues.');
    process.exit(statusOfInterrupt);
  });
  const result = await runDemo(settings, progress);
  await tell(result, settings, progress);
  checkRefused(result.summary.map((entry) => ({ whose: whose(entry), answers: entry.tokenAnswers ?? {} })));
  return result.refusedRows.length + result.refusedRequests.length > 0
    ? exitStatus.someRefused
    : exitStatus.ok;
}

async function tell(result: DemoResult, settings: DemoArguments, progress: Progress): Promise<void> {
  const { summary, refusedRows, refusedRequests, out } = result;
  for (const line of refusedLines(settings.subscribers, refusedRows)) progress.say(`Refused: ${line}`);
  for (const line of requestLines(refusedRequests)) progress.say(`Refused: ${line}`);
  if (settings.json) await print(`${JSON.stringify(summary, null, 2)}\n`);
  else if (summary.length > 0) {
    const parts = [
      table(summary),
      policyRefusals(summary),
      csrsHeldBack(summary, out),
      tokenRefusals(summary),
      result.kms === undefined ? '' : residentInKms(summary, result.kms),
      nextCommands(summary, out, settings, result.kms),
      ledgerCommands(out),
    ];
    await print(`\n${parts.filter((part) => part !== '').join('\n\n')}\n`);
  }
  progress.say(
    `\n${summary.length} enrollments; summary in ${out.shown('summary.json')}, ledger in ${out.shown(ledgerFolder)}.`,
  );
  if (result.afterwards !== undefined) progress.say(result.afterwards);
}
