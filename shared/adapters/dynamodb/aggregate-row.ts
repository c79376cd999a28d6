import type { Enrollment, EnrollmentState } from '#domain/enrollment.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { Aggregate, AggregateType } from '#ports/registry.ts';
import { partitionOf } from './ledger-chain.ts';
import type { Row } from './rows.ts';

/** The sort key of an aggregate. */
export function recordKey(type: AggregateType, id: string): string {
  return `${type}#${id}`;
}

/** What stands before the id in the sort key of every enrollment, and what comes right after the last of them. */
export const enrollmentKeys = { prefix: 'enrollment#', end: 'enrollment$' } as const;

/** The id in the sort key of an enrollment. */
export function idOf(key: string): string {
  return key.slice(enrollmentKeys.prefix.length);
}

/** Partition of the index `by-state`. */
export function stateKey(organization: string, state: EnrollmentState, purpose: Purpose): string {
  return `${organization}#${state}#${purpose}`;
}

/** Partition of the index `by-subscriber`. */
export function subscriberKey(organization: string, subscriberId: string): string {
  return `${organization}#${subscriberId}`;
}

/** Partitions of the index `by-mark`. */
export const marks = {
  organizations: 'organizations',
  leftovers: (organization: string) => `leftovers#${organization}`,
} as const;

/** Whether an enrollment names something to be discarded. */
export function hasLeftovers({ pendingLock, superseded, escrowing }: Enrollment): boolean {
  return pendingLock !== undefined || superseded !== undefined || escrowing !== undefined;
}

/**
 * An aggregate as it stands in its table: the record as JSON in `json`, and beside it only what conditions and indexes need of
 * it, since a write is paid for by its size. The stream hands on this row, from which the events of this version are published.
 * @param writtenAt ISO 8601: the time that the events carry
 */
export function aggregateRow(record: Aggregate, writtenAt: string): Row {
  const { organization, type, id, version } = record;
  const key = recordKey(type, id);
  const general = {
    organization: partitionOf(organization),
    record: key,
    version,
    json: JSON.stringify(record),
    writtenAt,
  };
  if (record.type === 'organization') {
    return { ...general, mark: marks.organizations, markedRecord: organization };
  }
  // Nothing looks for it but by its name.
  if (record.type === 'ledger') return general;
  const { state, purpose, subscriber } = record;
  return {
    ...general,
    stateKey: stateKey(organization, state, purpose),
    subscriberKey: subscriberKey(organization, subscriber.id),
    ...(hasLeftovers(record) && { mark: marks.leftovers(organization), markedRecord: key }),
  };
}
