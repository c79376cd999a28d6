import { ArgumentsError, type Command, type Context } from './command.ts';
import { commands } from './commands.ts';
import { helpOf, listOf, overview, usageLine } from './help.ts';
import { exitStatus } from './output.ts';
import { say, statusOf } from './say.ts';
import { nearest } from './suggest.ts';
import { Interrupted } from './terminal/prompt.ts';
import { version } from './version.ts';

const helpWords = ['--help', '-h', 'help'];

/**
 * The command line, from its words to the exit status: what is wrong is said, and never thrown.
 * @param args the words after `escrow`
 */
export async function escrow(args: readonly string[], context: Context): Promise<number> {
  const { output } = context;
  const command = commandOf(args);
  try {
    if (command === undefined) return await withoutCommand(args, context);
    const rest = args.slice(command.words.length);
    if (!asksForHelp(rest)) return await command.run(rest, context);
    await output.data(helpOf(command));
    return exitStatus.ok;
  } catch (error) {
    if (error instanceof Interrupted) return exitStatus.interrupted;
    say(output, error);
    if (error instanceof ArgumentsError && command !== undefined)
      output.message(`Usage: ${usageLine(command)}`);
    return statusOf(error);
  }
}

/** The command that is called by most of the words: `receipt verify` before a `receipt`. */
function commandOf(args: readonly string[]): Command | undefined {
  return commands
    .filter(({ words }) => words.every((word, index) => args[index] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}

/** What stands behind `--` is never an option. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

async function withoutCommand(args: readonly string[], { output }: Context): Promise<number> {
  if (args[0] === '--version') {
    await output.data(version);
    return exitStatus.ok;
  }
  const words = args.filter((word) => !helpWords.includes(word));
  const some = commandsBeginningWith(words);
  if (words.length < args.length) {
    const only = some.length === 1 ? some[0] : undefined;
    await output.data(only === undefined ? listing(some) : helpOf(only));
    return exitStatus.ok;
  }
  const meant = some.length > 0 ? undefined : meantBy(words);
  if (meant !== undefined) {
    throw new ArgumentsError({ why: 'There is no such command.', next: `Did you mean: escrow ${meant}?` });
  }
  output.message(listing(some));
  const why =
    words.length === 0 || some.length > 0 ? 'A command must be named.' : 'There is no such command.';
  throw new ArgumentsError({ why, next: 'Choose one of the above.' });
}

function commandsBeginningWith(typed: readonly string[]): Command[] {
  if (typed.length === 0) return [];
  return commands.filter(({ words }) => typed.every((word, index) => words[index] === word));
}

function listing(some: readonly Command[]): string {
  return some.length === 0 ? overview(commands) : listOf(some);
}

/** Options that follow are left out of the comparison. */
function meantBy(typed: readonly string[]): string | undefined {
  const end = typed.findIndex((word) => word.startsWith('-'));
  const words = end === -1 ? typed : typed.slice(0, end);
  const candidates = commands.map((command) => command.words.join(' '));
  return nearest(words.slice(0, 2).join(' '), candidates) ?? nearest(words[0] ?? '', candidates);
}
