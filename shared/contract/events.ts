import * as v from 'valibot';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { purposes } from '#domain/purpose.ts';
import { enrollmentRequestedSchema } from './enrollment-requested.ts';
import type { EventName } from './subscriptions.ts';

const reference = v.pipe(v.string(), v.nonEmpty(), v.maxLength(128));
const cursor = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1_024));
const text = v.pipe(v.string(), v.nonEmpty());
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** What every event of an enrollment names, whatever else it holds. */
export const enrollmentReference = v.object({ enrollmentId: reference });
const enrollment = enrollmentReference;
/** Its purpose names the consumer that can make its key pair. */
const keyPairDue = v.object({ enrollmentId: reference, purpose: v.picklist(purposes) });
const refusal = v.object({ enrollmentId: reference, code: v.pipe(v.string(), v.regex(/^[a-z-]+$/)) });

/** The members of a CloudEvent in JSON (CloudEvents 1.0) that ours have; `data` are checked by their own schema. */
export const cloudEventMembers = {
  specversion: v.literal('1.0'),
  id: text,
  source: text,
  type: text,
  time: text,
  datacontenttype: v.literal('application/json'),
  data: v.unknown(),
};
/** An event inside another one, as it is sent to a webhook. */
const cloudEvent = v.looseObject(cloudEventMembers);

/** Data of every event by its name. Receivers ignore members they do not know, so that events can grow. */
export const eventSchemas = {
  EnrollmentRequested: enrollmentRequestedSchema,
  EnrollmentAccepted: keyPairDue,
  SubscriberSignInAwaited: enrollment,
  EnrollmentRefused: refusal,
  EnrollmentKeyPairCreated: enrollment,
  KeyPairAttemptAbandoned: v.object({ enrollmentId: reference, attemptId: reference }),
  BackupEscrowed: v.object({ enrollmentId: reference, backupId: reference }),
  /** Policy requires escrow of a key that was made without: its subscriber's next password, or wrapped key, has it made. */
  EscrowBecameDue: enrollment,
  /** The escrow that became due stands; `BackupEscrowed` of the same write names the backup. */
  DueEscrowMade: enrollment,
  SubscriberCopyExported: v.object({
    enrollmentId: reference,
    exportId: reference,
    profile: v.picklist(pfxProfiles),
  }),
  ExportRefused: refusal,
  EnrollmentLocked: enrollment,
  EnrollmentBlocked: enrollment,
  EnrollmentUnlocked: enrollment,
  EnrollmentPasswordChanged: enrollment,
  EnrollmentDestroyed: enrollment,
  OrganizationSettingsChanged: v.object({ fields: v.array(v.pipe(v.string(), v.maxLength(64))) }),
  /** A policy that waits for another administrator, by its SHA-256, and the version that decides until then. */
  PolicyProposed: v.object({ document: sha256, replaces: reference }),
  PolicyPublished: v.object({ version: reference, document: sha256 }),
  WebhookDisabled: v.object({ webhookId: reference }),
  /** How far an organization's ledger was sealed, and the checkpoint that says so: a compact JWS, for whoever keeps it elsewhere. */
  LedgerCheckpointed: v.object({
    organization: reference,
    segment: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    treeSize: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    checkpoint: v.pipe(v.string(), v.maxLength(8_192), v.regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)),
  }),
  KeyPairAwaited: keyPairDue,
  WebhookDeliveryRequested: v.object({ webhookId: reference, event: cloudEvent }),
  /** The organization whose backups are checked, and where the page before this one ended. */
  BackupCheckDue: v.object({ organization: reference, cursor: v.optional(cursor) }),
  /** The version that is applied to the enrollments there are, and where the page before this one ended. */
  PolicyApplicationDue: v.object({ version: reference, cursor }),
  CanaryCheckDue: v.object({ organization: reference }),
} as const satisfies Record<EventName, v.GenericSchema>;

/** The source attribute of an event that an aggregate of an organization bore (CloudEvents 1.0, `source`). */
export function eventSource(organization: string): string {
  return `/organizations/${organization}`;
}

/** The organization that an event's source names; undefined if it names none. */
export function organizationOf(source: string): string | undefined {
  return /^\/organizations\/([^/]+)(?:\/|$)/.exec(source)?.[1];
}

/** The organization that an event's data name; undefined if they name none. */
export function organizationIn(data: unknown): string | undefined {
  const parsed = v.safeParse(v.object({ organization: v.string() }), data);
  return parsed.success ? parsed.output.organization : undefined;
}

/** The enrollment that an event's data name, for its record; nothing if they name none. */
export function enrollmentNamedBy(data: unknown): { enrollmentId?: string } {
  const parsed = v.safeParse(enrollment, data);
  return parsed.success ? { enrollmentId: parsed.output.enrollmentId } : {};
}
