import type { Command } from './command.ts';
import { completionOf } from './commands/completion.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { receiptVerify } from './commands/receipt-verify.ts';
import { recoveryInit } from './commands/recovery-init.ts';
import { verify } from './commands/verify.ts';
import { whoami } from './commands/whoami.ts';

/** Every command. Overview, help, usage and completion are made of this table. */
export const commands: readonly Command[] = [
  login,
  logout,
  whoami,
  recoveryInit,
  completionOf(() => commands),
  verify,
  receiptVerify,
];
