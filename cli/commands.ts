import type { Command } from './command.ts';
import { receiptVerify } from './commands/receipt-verify.ts';
import { recoveryInit } from './commands/recovery-init.ts';
import { verify } from './commands/verify.ts';

/** Every command. Overview, help, usage and completion are made of this table. */
export const commands: readonly Command[] = [recoveryInit, verify, receiptVerify];
