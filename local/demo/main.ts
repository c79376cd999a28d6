import { asEscrowError } from '#domain/errors.ts';
import { help, parseDemoArguments } from './arguments.ts';
import { Progress } from './progress.ts';
import { nextCommands, refusedLines, table } from './report.ts';
import { type DemoResult, runDemo } from './run-demo.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const progress = new Progress();
  try {
    const settings = parseDemoArguments(args);
    if (settings.help) {
      process.stdout.write(help);
      return 0;
    }
    const result = await runDemo(settings, progress);
    tell(result, settings.subscribers, settings.json, progress);
    return result.refusedRows.length + result.refusedRequests.length > 0 ? 3 : 0;
  } catch (thrown) {
    const error = asEscrowError(thrown);
    progress.say(`${sentence(error.message)} ${error.next} (${error.code})`);
    // Its kind only: what it says may quote what it was about.
    if (error.cause instanceof Error && error.code === 'internal') progress.say(error.cause.name);
    return error.code === 'usage' ? 2 : 1;
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function tell(result: DemoResult, list: string, json: boolean, progress: Progress): void {
  const { summary, refusedRows, refusedRequests, out } = result;
  for (const line of refusedLines(list, refusedRows)) progress.say(`Refused: ${line}`);
  for (const { eventId, code } of refusedRequests) {
    progress.say(`Refused: request ${eventId}: ${code}. Correct it and run again.`);
  }
  if (json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else process.stdout.write(`\n${table(summary)}\n\n${nextCommands(summary, out)}\n`);
  progress.say(`\n${summary.length} enrollments; summary in ${out.shown('summary.json')}.`);
}
