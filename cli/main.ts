import { errorTable } from '#domain/error-codes.ts';
import { asEscrowError, SetUpError } from '#domain/errors.ts';
import type { Command } from './command.ts';
import { receiptVerify } from './commands/receipt-verify.ts';
import { recoveryInit } from './commands/recovery-init.ts';
import { verify } from './commands/verify.ts';
import { exitStatus, fail, type Output, processOutput } from './output.ts';

const commands: readonly Command[] = [recoveryInit, verify, receiptVerify];
const helpWords = ['--help', '-h', 'help'];

process.exitCode = await main(process.argv.slice(2), processOutput());

async function main(args: readonly string[], output: Output): Promise<number> {
  const command = commands.find(({ words }) => words.every((word, index) => args[index] === word));
  try {
    if (command === undefined) return await withoutCommand(args, output);
    const rest = args.slice(command.words.length);
    if (!rest.includes('--help') && !rest.includes('-h')) return await command.run(rest, output);
    await output.data(command.help);
    return exitStatus.ok;
  } catch (error) {
    const status = fail(output, error);
    if (isOfArguments(error) && command !== undefined) output.message(usageOf(command));
    return status;
  }
}

async function withoutCommand(args: readonly string[], output: Output): Promise<number> {
  if (args.some((word) => helpWords.includes(word))) {
    await output.data(overview());
    return exitStatus.ok;
  }
  output.message(overview());
  const why = args.length === 0 ? 'A command must be named.' : 'There is no such command.';
  throw new SetUpError('usage', { why, next: 'Choose one of the above.' });
}

/** Whether the arguments are wrong in themselves, and not what they name. */
function isOfArguments(error: unknown): boolean {
  const { code, next } = asEscrowError(error);
  return code === 'usage' && next === errorTable.usage.next;
}

function usageOf({ help }: Command): string {
  return `Usage: ${help.split('\n', 1)[0]}`;
}

function overview(): string {
  const lines = commands.map(({ words, summary }) => `  ${words.join(' ').padEnd(16)}${summary}`);
  return ['escrow COMMAND [options]', '', ...lines, '', 'escrow COMMAND --help says more.'].join('\n');
}
