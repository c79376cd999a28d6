import { enrollmentNamedBy, eventSchemas } from '#contract/events.ts';
import { parse } from '#contract/parse.ts';
import type { Consumer, subscriptions } from '#contract/subscriptions.ts';
import { isCanary } from '#domain/canary.ts';
import { activeBackup, type Enrollment, isEscrowDue } from '#domain/enrollment.ts';
import { AccessError, InputError } from '#domain/errors.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadEnrollment, organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { whatStands } from '#steps/may-stand.ts';
import { recorded } from '#steps/record.ts';

const consumer = 'notify-subscriber' satisfies Consumer;
type Told = (typeof subscriptions)[typeof consumer]['types'][number];

interface Letter {
  subject: string;
  text: string;
}

/** What the subscriber is told of each event. The record is read anew, so a late notice says what is true now. */
const letters: Readonly<Record<Told, (enrollment: Enrollment, contact: string) => Letter | undefined>> = {
  SubscriberSignInAwaited: ({ state, id }) =>
    state === 'awaiting-subscriber'
      ? {
          subject: 'Set the password of your new key',
          text: `A certificate was requested for you (${id}). Sign in and set a password: your key is made then, and only that password opens it.`,
        }
      : undefined,
  EnrollmentKeyPairCreated: (enrollment, contact) =>
    enrollment.state === 'destroyed'
      ? undefined
      : {
          subject: 'Your key is ready',
          text: [readyText(enrollment), escrowText(enrollment, contact)]
            .filter((part) => part !== '')
            .join(' '),
        },
  EnrollmentRefused: ({ id, refusal }, contact) => ({
    subject: 'Your certificate request was refused',
    text: `Request ${id} was refused: ${refusal?.reason ?? ''} Ask ${contact}.`,
  }),
  EnrollmentLocked: ({ id }) => ({
    subject: 'Ten wrong passwords',
    text: `Ten wrong passwords in a row were tried on your key (${id}). It is locked until you sign in again. If that was not you, tell your help desk.`,
  }),
  EnrollmentBlocked: ({ id }, contact) => ({
    subject: 'Your key is blocked',
    text: `A hundred wrong passwords were tried on your key (${id}). Ask ${contact} to unblock it.`,
  }),
  EnrollmentUnlocked: ({ id }, contact) => ({
    subject: 'Your key was unlocked',
    text: `The help desk lifted the lock that wrong passwords had put on your key (${id}): you may try again. Nobody was shown the key. If you did not ask for it, tell ${contact}.`,
  }),
  EnrollmentPasswordChanged: ({ id }, contact) => ({
    subject: 'Your password was changed',
    text: `The password of your key (${id}) was changed, and the old one opens it no more. Copies that you took before keep theirs. If that was not you, tell ${contact} at once.`,
  }),
  EnrollmentDestroyed: (enrollment, contact) => ({
    subject: 'Your key was destroyed',
    text: [
      `The key of your request ${enrollment.id} was destroyed, and nobody can bring it back from here.`,
      'Copies that you took are still yours.',
      keptText(enrollment),
      `If you did not ask for it, tell ${contact}.`,
    ]
      .filter((part) => part !== '')
      .join(' '),
  }),
  EscrowBecameDue: (enrollment, contact) =>
    isEscrowDue(enrollment)
      ? {
          subject: 'Your key is to be escrowed',
          text: `Your organization's policy requires now that the key of your request ${enrollment.id} is escrowed, which it was not when the key was made. Only you can open it: its backup is made when you next take a copy or change its password, and nothing is done with it before. Questions: ${contact}.`,
        }
      : undefined,
  DueEscrowMade: (enrollment, contact) =>
    activeBackup(enrollment) === undefined
      ? undefined
      : {
          subject: 'Your key was escrowed',
          text: `Your organization's policy requires it, so the key of your request ${enrollment.id} was escrowed when you opened it. ${recoverable} Questions: ${contact}.`,
        },
};

/**
 * Tells a subscriber what an event means for them; among it, that a key was escrowed (Federal Common Policy 4.12.1.1).
 * It is recorded before anything is sent. The event's id names the notice, so that a second delivery tells nobody twice. Of a canary there is nobody to tell.
 * @throws InputError `invalid-input`; AccessError `not-found`; StoreError `store-unavailable`
 */
export async function notifySubscriber(
  dependencies: Pick<Dependencies, 'registry' | 'notifier' | 'ledger'>,
  event: CloudEvent,
): Promise<void> {
  const owner = await organizationOfEvent(dependencies, event);
  const organization = recordedUnder(owner);
  const named = enrollmentNamedBy(event.data);
  const entry = { action: consumer, organization, principal: 'service', requestId: event.id, ...named };
  await recorded(dependencies, entry, async (recordNow) => {
    const { type } = event;
    if (!isTold(type)) {
      throw new InputError('invalid-input', { field: 'type', why: 'is not an event to tell of' });
    }
    const { enrollmentId } = parse(eventSchemas[type], event.data);
    if (owner === undefined) throw new AccessError('not-found');
    if (isCanary(organization)) return;
    const enrollment = await loadEnrollment(dependencies, organization, enrollmentId);
    const letter = letters[type](enrollment, owner.contact);
    if (letter === undefined) return;
    const { id: subscriberId, email } = enrollment.subscriber;
    await recordNow();
    const notice = { id: event.id, organization, subscriberId, email, ...letter };
    await whatStands(() => dependencies.notifier.notify(notice));
  });
}

function isTold(type: string): type is Told {
  return Object.hasOwn(letters, type);
}

function readyText({ id, refusal }: Enrollment): string {
  const made = `The key of your request ${id} was made.`;
  return refusal === undefined
    ? `${made} Take your own copy now.`
    : `${made} It stays where it was made: ${refusal.reason}`;
}

function escrowText(enrollment: Enrollment, contact: string): string {
  if (activeBackup(enrollment) === undefined) return '';
  return `It was escrowed: your organization can recover it through two recovery agents. Questions: ${contact}.`;
}

const recoverable = 'Your organization can recover it through two recovery agents.';

/** Retention holds whatever becomes of the key, and so does the duty to say so. */
function keptText(enrollment: Enrollment): string {
  const backup = activeBackup(enrollment);
  if (backup === undefined) return '';
  const [day] = backup.retainUntil.split('T');
  return `Its escrowed backup is locked until ${day}: until it is removed, your organization can recover it through two recovery agents.`;
}
