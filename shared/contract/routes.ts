import { readDossier } from './api/dossier.ts';
import {
  listEnrollments,
  planEnrollment,
  requestEnrollment,
  requestEnrollments,
  showEnrollment,
} from './api/enrollments.ts';
import { followEvents, publishEvents } from './api/events.ts';
import {
  changePassword,
  destroyEnrollment,
  exportCopy,
  listBackups,
  readCsr,
  readReceipt,
  setPassword,
  unlockEnrollment,
} from './api/keys.ts';
import {
  findEntries,
  listSegments,
  proveEntry,
  readCheckpoint,
  readLines,
  readSegment,
} from './api/ledger.ts';
import {
  listDeadLetters,
  listNotices,
  readApiDescription,
  readHealth,
  readKeySet,
  readResourceMetadata,
  readStatus,
  redriveDeadLetter,
} from './api/operations.ts';
import { changeSettings, setUpOrganization, showOrganization } from './api/organization.ts';
import {
  approvePolicy,
  comparePolicy,
  listPolicyVersions,
  proposePolicy,
  showPolicy,
  simulatePolicy,
  withdrawProposal,
} from './api/policy.ts';
import type { Route } from './api/route.ts';
import {
  listWebhooks,
  registerWebhook,
  removeWebhook,
  rotateWebhookSecret,
  showWebhook,
} from './api/webhooks.ts';

/** Every route of the API, by its name: declared once, here. */
export const routes = {
  requestEnrollment,
  requestEnrollments,
  planEnrollment,
  listEnrollments,
  showEnrollment,
  setPassword,
  changePassword,
  unlockEnrollment,
  destroyEnrollment,
  readCsr,
  exportCopy,
  listBackups,
  readReceipt,
  listNotices,
  showOrganization,
  setUpOrganization,
  changeSettings,
  showPolicy,
  listPolicyVersions,
  proposePolicy,
  withdrawProposal,
  approvePolicy,
  simulatePolicy,
  comparePolicy,
  publishEvents,
  followEvents,
  registerWebhook,
  listWebhooks,
  showWebhook,
  removeWebhook,
  rotateWebhookSecret,
  listDeadLetters,
  redriveDeadLetter,
  readCheckpoint,
  listSegments,
  readSegment,
  readLines,
  findEntries,
  proveEntry,
  readDossier,
  readStatus,
  readHealth,
  readKeySet,
  readResourceMetadata,
  readApiDescription,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
export type RouteNamed<N extends RouteName> = (typeof routes)[N];

/** The routes that functions on AWS answer: all but those of the one-machine server alone. */
export const deployedRoutes: readonly Route[] = Object.values<Route>(routes).filter(
  ({ served }) => served === undefined,
);

/** What the groups of routes are about, in the order in which a reader meets them. */
export const tags = {
  Enrollments: 'One certificate request and its key pair each.',
  Keys: 'What a subscriber does with the own key, and who lifts its locks.',
  'Backups and receipts': 'What was escrowed and exported, with the signed evidence.',
  Notices: 'What subscribers were told.',
  Organization: 'Whom keys are kept for: contact, recovery key, policy.',
  Policy: 'Which keys are made, escrowed, exported: proposed by one administrator, approved by another.',
  Events: 'Requests in, and what happens out.',
  Webhooks: 'Events sent to a URL, signed.',
  Ledger: 'What was done and refused, sealed, signed, and proved.',
  Operations: 'How the service fares, and what it gave up.',
  Public: 'What needs no access token.',
} as const;
