import { routes } from '#contract/routes.ts';
import { answerApprovePolicy } from '#lambdas/approve-policy/http.ts';
import { answerChangePassword } from '#lambdas/change-password/http.ts';
import { answerChangeSettings } from '#lambdas/change-settings/http.ts';
import { answerComparePolicy } from '#lambdas/compare-policy/http.ts';
import {
  answerReadApiDescription,
  answerReadHealth,
  answerReadKeySet,
  answerReadResourceMetadata,
  type ServiceDescription,
} from '#lambdas/describe-service/http.ts';
import { answerDestroyEnrollment } from '#lambdas/destroy-enrollment/http.ts';
import { answerExportCopy } from '#lambdas/export-copy/http.ts';
import { answerFindEntries } from '#lambdas/find-entries/http.ts';
import { answerFollowEvents } from '#lambdas/follow-events/http.ts';
import { answerListBackups } from '#lambdas/list-backups/http.ts';
import { answerListDeadLetters } from '#lambdas/list-dead-letters/http.ts';
import { answerListEnrollments } from '#lambdas/list-enrollments/http.ts';
import { answerListNotices } from '#lambdas/list-notices/http.ts';
import { answerListPolicyVersions } from '#lambdas/list-policy-versions/http.ts';
import { answerListSegments } from '#lambdas/list-segments/http.ts';
import { answerListWebhooks } from '#lambdas/list-webhooks/http.ts';
import { answerPlanEnrollment } from '#lambdas/plan-enrollment/http.ts';
import { answerProposePolicy } from '#lambdas/propose-policy/http.ts';
import { answerProveEntry } from '#lambdas/prove-entry/http.ts';
import { answerPublishEvents } from '#lambdas/publish-events/http.ts';
import { answerReadCheckpoint } from '#lambdas/read-checkpoint/http.ts';
import { answerReadCsr } from '#lambdas/read-csr/http.ts';
import { answerReadDossier } from '#lambdas/read-dossier/http.ts';
import { answerReadLines } from '#lambdas/read-lines/http.ts';
import { answerReadReceipt } from '#lambdas/read-receipt/http.ts';
import { answerReadSegment } from '#lambdas/read-segment/http.ts';
import { answerReadStatus } from '#lambdas/read-status/http.ts';
import { answerRedriveDeadLetter } from '#lambdas/redrive-dead-letter/http.ts';
import { answerRegisterWebhook } from '#lambdas/register-webhook/http.ts';
import { answerRemoveWebhook } from '#lambdas/remove-webhook/http.ts';
import { answerRequestEnrollment } from '#lambdas/request-enrollment/http.ts';
import { answerRequestEnrollments } from '#lambdas/request-enrollments/http.ts';
import { answerRotateWebhookSecret } from '#lambdas/rotate-webhook-secret/http.ts';
import { answerSetPassword } from '#lambdas/set-password/http.ts';
import { answerSetUpOrganization } from '#lambdas/set-up-organization/http.ts';
import { answerShowEnrollment } from '#lambdas/show-enrollment/http.ts';
import { answerShowOrganization } from '#lambdas/show-organization/http.ts';
import { answerShowPolicy } from '#lambdas/show-policy/http.ts';
import { answerShowWebhook } from '#lambdas/show-webhook/http.ts';
import { answerSimulatePolicy } from '#lambdas/simulate-policy/http.ts';
import { answerUnlockEnrollment } from '#lambdas/unlock-enrollment/http.ts';
import { answerWithdrawProposal } from '#lambdas/withdraw-proposal/http.ts';
import { type Endpoint, endpoint } from '#runtime/http/endpoint.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { LedgerTrees } from '#steps/ledger-trees.ts';

/** Every route of the API with what answers it, over one set of dependencies. */
export function endpointsOf(all: Dependencies, description: ServiceDescription): Endpoint[] {
  const proving = { ...all, trees: new LedgerTrees(all.ledgerLog) };
  return [
    endpoint('requestEnrollment', routes.requestEnrollment, (call) => answerRequestEnrollment(all, call)),
    endpoint('requestEnrollments', routes.requestEnrollments, (call) => answerRequestEnrollments(all, call)),
    endpoint('planEnrollment', routes.planEnrollment, (call) => answerPlanEnrollment(all, call)),
    endpoint('listEnrollments', routes.listEnrollments, (call) => answerListEnrollments(all, call)),
    endpoint('showEnrollment', routes.showEnrollment, (call) => answerShowEnrollment(all, call)),
    endpoint('setPassword', routes.setPassword, (call) => answerSetPassword(all, call)),
    endpoint('changePassword', routes.changePassword, (call) => answerChangePassword(all, call)),
    endpoint('unlockEnrollment', routes.unlockEnrollment, (call) => answerUnlockEnrollment(all, call)),
    endpoint('destroyEnrollment', routes.destroyEnrollment, (call) => answerDestroyEnrollment(all, call)),
    endpoint('readCsr', routes.readCsr, (call) => answerReadCsr(all, call)),
    endpoint('exportCopy', routes.exportCopy, (call) => answerExportCopy(all, call)),
    endpoint('listBackups', routes.listBackups, (call) => answerListBackups(all, call)),
    endpoint('readReceipt', routes.readReceipt, (call) => answerReadReceipt(all, call)),
    endpoint('listNotices', routes.listNotices, (call) => answerListNotices(all, call)),
    endpoint('showOrganization', routes.showOrganization, (call) => answerShowOrganization(all, call)),
    endpoint('setUpOrganization', routes.setUpOrganization, (call) => answerSetUpOrganization(all, call)),
    endpoint('changeSettings', routes.changeSettings, (call) => answerChangeSettings(all, call)),
    endpoint('showPolicy', routes.showPolicy, (call) => answerShowPolicy(all, call)),
    endpoint('listPolicyVersions', routes.listPolicyVersions, (call) => answerListPolicyVersions(all, call)),
    endpoint('proposePolicy', routes.proposePolicy, (call) => answerProposePolicy(all, call)),
    endpoint('withdrawProposal', routes.withdrawProposal, (call) => answerWithdrawProposal(all, call)),
    endpoint('approvePolicy', routes.approvePolicy, (call) => answerApprovePolicy(all, call)),
    endpoint('simulatePolicy', routes.simulatePolicy, (call) => answerSimulatePolicy(all, call)),
    endpoint('comparePolicy', routes.comparePolicy, (call) => answerComparePolicy(all, call)),
    endpoint('publishEvents', routes.publishEvents, (call) => answerPublishEvents(all, call)),
    endpoint('followEvents', routes.followEvents, (call) => answerFollowEvents(all, call)),
    endpoint('registerWebhook', routes.registerWebhook, (call) => answerRegisterWebhook(all, call)),
    endpoint('listWebhooks', routes.listWebhooks, (call) => answerListWebhooks(all, call)),
    endpoint('showWebhook', routes.showWebhook, (call) => answerShowWebhook(all, call)),
    endpoint('removeWebhook', routes.removeWebhook, (call) => answerRemoveWebhook(all, call)),
    endpoint('rotateWebhookSecret', routes.rotateWebhookSecret, (call) =>
      answerRotateWebhookSecret(all, call),
    ),
    endpoint('listDeadLetters', routes.listDeadLetters, (call) => answerListDeadLetters(all, call)),
    endpoint('redriveDeadLetter', routes.redriveDeadLetter, (call) => answerRedriveDeadLetter(all, call)),
    endpoint('readCheckpoint', routes.readCheckpoint, (call) => answerReadCheckpoint(all, call)),
    endpoint('listSegments', routes.listSegments, (call) => answerListSegments(all, call)),
    endpoint('readSegment', routes.readSegment, (call) => answerReadSegment(all, call)),
    endpoint('readLines', routes.readLines, (call) => answerReadLines(all, call)),
    endpoint('findEntries', routes.findEntries, (call) => answerFindEntries(all, call)),
    endpoint('proveEntry', routes.proveEntry, (call) => answerProveEntry(proving, call)),
    endpoint('readDossier', routes.readDossier, (call) => answerReadDossier(proving, call)),
    endpoint('readStatus', routes.readStatus, (call) => answerReadStatus(all, call)),
    endpoint('readHealth', routes.readHealth, () => answerReadHealth(all)),
    endpoint('readKeySet', routes.readKeySet, () => answerReadKeySet(all)),
    endpoint('readResourceMetadata', routes.readResourceMetadata, () =>
      answerReadResourceMetadata(description),
    ),
    endpoint('readApiDescription', routes.readApiDescription, () => answerReadApiDescription(description)),
  ];
}
