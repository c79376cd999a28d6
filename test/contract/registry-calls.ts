import fc from 'fast-check';
import type { EnrollmentState } from '#domain/enrollment.ts';
import type { EnrollmentQuery } from '#ports/registry.ts';
import { enrollmentRecord } from './records.ts';
import type { RegistryParts } from './registry.contract.ts';
import { outcomeOf } from './subject.ts';

const ids = fc.constantFrom('e-1', 'e-2', 'e-10', 'E-1', 'e-1.1');
const organizations = fc.constantFrom('acme', 'other');
const subscribers = fc.constantFrom('s-1', 's-2');
const states: readonly EnrollmentState[] = ['accepted', 'making', 'ready'];

const record = fc
  .record({
    id: ids,
    organization: organizations,
    version: fc.integer({ min: 1, max: 4 }),
    state: fc.constantFrom(...states),
    subscriberId: subscribers,
    purpose: fc.constantFrom('identity', 'encryption'),
    familyName: fc.string({ unit: 'grapheme', maxLength: 8 }),
    bears: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ id, subscriberId, familyName, bears, ...rest }) =>
    enrollmentRecord(id, {
      ...rest,
      subscriber: { id: subscriberId, givenName: '', familyName, email: '' },
      events: Array.from({ length: bears }, () => ({
        name: 'EnrollmentAccepted',
        data: { enrollmentId: id, purpose: rest.purpose },
      })),
    }),
  );

/** One call, made on a registry and on its model; what it answers is compared. */
export type RegistryCall = (parts: RegistryParts) => Promise<unknown>;

const create = record.map(
  (each): RegistryCall =>
    ({ registry }) =>
      outcomeOf(registry.create(each)),
);
const replace = fc.tuple(record, fc.subarray([...states])).map(
  ([each, allowed]): RegistryCall =>
    ({ registry }) =>
      outcomeOf(registry.replace(each, { version: each.version - 1, states: allowed })),
);
const read = fc.tuple(organizations, ids).map(
  ([organization, id]): RegistryCall =>
    ({ registry }) =>
      registry.read('enrollment', organization, id),
);
const list = fc
  .record(
    {
      organization: organizations,
      subscriberId: subscribers,
      states: fc.subarray([...states]),
      purpose: fc.constantFrom('identity', 'encryption'),
      cursor: ids,
      limit: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ['organization', 'limit'] },
  )
  .map(
    (query: EnrollmentQuery): RegistryCall =>
      ({ registry }) =>
        registry.enrollments(query),
  );
const count = organizations.map(
  (organization): RegistryCall =>
    ({ registry }) =>
      registry.counts(organization),
);
/** Calls of every kind but `organizations`, on few records, so that they meet. */
export const registryCalls = fc.oneof({ arbitrary: replace, weight: 3 }, create, read, list, count);
