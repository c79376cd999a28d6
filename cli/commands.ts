import type { Command } from './command.ts';
import { addAccount, listAccounts, removeAccount, setAccountPassword } from './commands/accounts.ts';
import { backups } from './commands/backups.ts';
import { changePassword } from './commands/change-password.ts';
import { completionOf } from './commands/completion.ts';
import { convert } from './commands/convert.ts';
import { csr } from './commands/csr.ts';
import { listDeadLetters, redriveDeadLetters } from './commands/dead-letters.ts';
import { destroy } from './commands/destroy.ts';
import { doctor } from './commands/doctor.ts';
import { dossier } from './commands/dossier.ts';
import { dossierVerify } from './commands/dossier-verify.ts';
import { enroll } from './commands/enroll.ts';
import { exportCommand } from './commands/export.ts';
import { init } from './commands/init.ts';
import { ledgerExport } from './commands/ledger-export.ts';
import { ledgerProve } from './commands/ledger-prove.ts';
import { ledgerShow } from './commands/ledger-show.ts';
import { ledgerVerify } from './commands/ledger-verify.ts';
import { list } from './commands/list.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { notices } from './commands/notices.ts';
import { setOrganization, showOrganization } from './commands/organization.ts';
import { policyApprove, policyWithdraw } from './commands/policy-approve.ts';
import { policyCheck } from './commands/policy-check.ts';
import { policyDiff } from './commands/policy-diff.ts';
import { policyHistory } from './commands/policy-history.ts';
import { policyPublish, policyRollback } from './commands/policy-publish.ts';
import { policyShow } from './commands/policy-show.ts';
import { policySimulate } from './commands/policy-simulate.ts';
import { receiptGet } from './commands/receipt-get.ts';
import { receiptVerify } from './commands/receipt-verify.ts';
import { recoveryInit } from './commands/recovery-init.ts';
import { setPassword } from './commands/set-password.ts';
import { show } from './commands/show.ts';
import { status } from './commands/status.ts';
import { tokenInit } from './commands/token-init.ts';
import { tokenList } from './commands/token-list.ts';
import { tokenProbe } from './commands/token-probe.ts';
import { tokenShow } from './commands/token-show.ts';
import { unlock } from './commands/unlock.ts';
import { verify } from './commands/verify.ts';
import { watch } from './commands/watch.ts';
import { addWebhook, listWebhooks, removeWebhook, rotateWebhook } from './commands/webhooks.ts';
import { whoami } from './commands/whoami.ts';

/** Every command. Overview, help, usage and completion are made of this table. */
export const commands: readonly Command[] = [
  init,
  login,
  logout,
  whoami,
  recoveryInit,
  completionOf(() => commands),
  enroll,
  list,
  show,
  watch,
  notices,
  setPassword,
  csr,
  exportCommand,
  backups,
  receiptGet,
  changePassword,
  unlock,
  destroy,
  verify,
  convert,
  receiptVerify,
  policyCheck,
  policySimulate,
  ledgerVerify,
  dossierVerify,
  tokenList,
  tokenInit,
  tokenProbe,
  tokenShow,
  showOrganization,
  setOrganization,
  policyShow,
  policyDiff,
  policyPublish,
  policyApprove,
  policyWithdraw,
  policyHistory,
  policyRollback,
  listAccounts,
  addAccount,
  setAccountPassword,
  removeAccount,
  status,
  doctor,
  ledgerShow,
  ledgerProve,
  dossier,
  ledgerExport,
  listDeadLetters,
  redriveDeadLetters,
  listWebhooks,
  addWebhook,
  rotateWebhook,
  removeWebhook,
];
