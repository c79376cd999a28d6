import { asEscrowError, SetUpError } from '#domain/errors.ts';
import type { Command } from './command.ts';
import { receiptVerify } from './commands/receipt-verify.ts';
import { recoveryInit } from './commands/recovery-init.ts';
import { verify } from './commands/verify.ts';
import { exitStatus, fail, type Output, processOutput } from './output.ts';

const commands: readonly Command[] = [recoveryInit, verify, receiptVerify];

process.exitCode = await main(process.argv.slice(2), processOutput);

async function main(args: readonly string[], output: Output): Promise<number> {
  const command = commands.find(({ words }) => words.every((word, index) => args[index] === word));
  const asksHelp = args.includes('--help') || args.includes('-h');
  if (command === undefined) {
    if (asksHelp) {
      output.data(overview());
      return exitStatus.ok;
    }
    output.message(overview());
    return fail(
      output,
      new SetUpError('usage', { why: 'No such command.', next: 'Choose one of the above.' }),
    );
  }
  if (asksHelp) {
    output.data(command.help);
    return exitStatus.ok;
  }
  try {
    return await command.run(args.slice(command.words.length), output);
  } catch (error) {
    if (asEscrowError(error).code === 'usage') output.message(command.help);
    return fail(output, error);
  }
}

function overview(): string {
  const lines = commands.map(({ words, summary }) => `  ${words.join(' ').padEnd(16)}${summary}`);
  return ['escrow COMMAND [options]', '', ...lines, '', 'escrow COMMAND --help says more.'].join('\n');
}
