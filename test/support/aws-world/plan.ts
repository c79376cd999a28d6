import { eventSource } from '#contract/events.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Random } from '#test/fuzz/random.ts';

/** A request for a certificate, as the organization's workflow sends it until it is taken. */
export interface Wanted {
  event: CloudEvent;
  purpose: Purpose;
  /** It can never be done: nothing is to come of it but a dead letter. */
  isPoison: boolean;
}

/** What a run's organization asks for: one to three certificates, and sometimes something that no function can work on. */
export function planOf(random: Random, organization: string, recipientKey: PublicJwk): Wanted[] {
  const count = random.pick(1, 1, 1, 2, 2, 3);
  const wanted = Array.from({ length: count }, (_, index) => {
    const purpose = random.pick('encryption', 'encryption', 'encryption', 'identity');
    return wantedOf(organization, `request-${index}`, purpose, { recipientKey });
  });
  if (random.oneIn(3))
    wanted.push({ ...wantedOf(organization, 'poison', 'encryption', { keySpec: 'none' }), isPoison: true });
  return wanted;
}

function wantedOf(organization: string, name: string, purpose: Purpose, more: object): Wanted {
  const data = {
    organization,
    idempotencyKey: name,
    subscriber: { id: 'ada', givenName: 'Ada', familyName: "O'Brien", email: 'ada@acme.example' },
    purpose,
    keySpec: 'ECC_NIST_P256',
    assurance: 'medium',
    ...more,
  };
  const event = {
    specversion: '1.0',
    id: name,
    source: eventSource(organization),
    type: 'EnrollmentRequested',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data,
  } as const;
  return { event, purpose, isPoison: false };
}
