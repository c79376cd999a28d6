import { expect, it } from 'vitest';
import { countEnrollments } from '../../../bench/cost/count-enrollments.ts';

it('counts what one escrowed enrollment takes, over the functions themselves', async () => {
  const { perEnrollment, functions } = await countEnrollments({
    keySpec: 'ECC_NIST_P256',
    source: 'memory',
    lock: 'recipient',
    rounds: 1,
    perRound: 1,
    say: () => undefined,
  });
  // Wrapped once, receipted once; stored, locked and read back. And its entries, alone here, are sealed: signed and stored once, the
  // next segment and the last looked at.
  expect(perEnrollment).toMatchObject({ 'kms-symmetric': 1, 'kms-asymmetric': 2, 's3-put': 3 });
  expect(perEnrollment).not.toHaveProperty('kms-pair-ecc');
  // Accepted, made, escrowed, sealed; and the subscriber told.
  expect(perEnrollment).toMatchObject({ 'eventbridge-event': 4, 'sns-publish': 1, 'http-request': 2 });
  expect([...functions.keys()].sort()).toEqual([
    'carry-events',
    'fan-out-webhooks',
    'make-encryption-key-pair',
    'notify-subscriber',
    'read-csr',
    'request-enrollment',
    'seal-ledger',
  ]);
}, 60_000);
