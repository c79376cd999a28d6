import { EscrowError } from '#domain/errors.ts';
import { explain } from '#domain/plain-words.ts';
import { type CostArguments, help, parseCostArguments } from './arguments.ts';
import { billOf } from './bill.ts';
import { countEnrollments } from './count-enrollments.ts';
import { reportOf, toldInWords } from './report.ts';
import { standingIn } from './standing.ts';
import { synthesizedTemplates } from './synthesize.ts';

const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;
/** As many are counted, however many are asked for: each takes the same calls. */
const counted = { rounds: 1, perRound: 20 };

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const settings = parseCostArguments(args);
    if (settings.help) process.stdout.write(help);
    else await run(settings);
    return exitStatus.ok;
  } catch (error) {
    if (error instanceof EscrowError && error.code === 'usage') {
      say(explain(error));
      return exitStatus.usage;
    }
    say(`The cost could not be counted: ${error instanceof Error ? error.message : String(error)}`);
    return exitStatus.failed;
  }
}

async function run(settings: CostArguments): Promise<void> {
  const { enrollments, keySpec, source, lock, custody, json } = settings;
  const found = await countEnrollments({
    ...{ keySpec, source, lock, ...counted },
    say: (text) => say(`${text} ...`),
  });
  say('reading what stands in an account out of the templates ...');
  const standing = standingIn(await synthesizedTemplates(custody));
  const asked = { enrollments, keySpec, source, lock, custody };
  const report = reportOf(asked, billOf(found.perEnrollment), found, standing);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `\n${toldInWords(report)}\n`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
