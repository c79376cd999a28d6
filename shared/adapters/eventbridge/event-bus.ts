import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { asEscrowError, type EscrowError, InternalError, StoreError } from '#domain/errors.ts';
import type { CloudEvent, EventBus, EventPublisher, Unpublished } from '#ports/messages.ts';
import { nameOf } from '../aws/sdk-errors.ts';
import type { StoreCalls } from '../aws/store-calls.ts';
import { batchesOf, type Entry, entryOf, mostBytes, wavesOf } from './batches.ts';

/** What an entry failed with that may pass (API reference, PutEventsResultEntry). */
const passing = ['ThrottlingException', 'InternalFailure', 'InternalException', 'ServiceUnavailable'];

/** What an entry failed with because of what it is: no repetition helps. */
const faulty = ['InvalidArgument', 'MalformedDetail'];

/** What a whole request is refused with because of what one of its entries is. */
const faultyRequest = ['ValidationException', 'SerializationException', 'RequestEntityTooLargeException'];

/** What an entry failed with because of who asks, and not because of what it is. */
const denied = [
  'AccessDeniedException',
  'InvalidAccountIdException',
  'NotAuthorizedForSourceException',
  'NotAuthorizedForDetailTypeException',
];

/**
 * Puts events on a bus of Amazon EventBridge: the source is this service, the detail type the event's type, the detail the
 * event. A request may succeed for some of its entries and fail for others; those that may pass are sent again by themselves. The
 * bus must be there: EventBridge answers as if all were well for one that is not, and drops the events (User Guide, "Sending
 * events with PutEvents").
 */
export class EventBridgeBus implements EventBus, EventPublisher {
  readonly #calls: StoreCalls<EventBridgeClient>;
  readonly #bus: string;

  /** @param bus its name or ARN */
  constructor(calls: StoreCalls<EventBridgeClient>, bus: string) {
    this.#calls = calls;
    this.#bus = bus;
  }

  async publish(event: CloudEvent): Promise<void> {
    const [failure] = await this.publishAll([event]);
    if (failure !== undefined) throw failure.error;
  }

  async publishAll(events: readonly CloudEvent[]): Promise<Unpublished[]> {
    const entries = events.map((event, index) => entryOf(event, index, this.#bus));
    const unpublished = entries.filter(({ bytes }) => bytes > mostBytes).map(tooLarge);
    let failure: EscrowError | undefined;
    for (const wave of wavesOf(batchesOf(entries.filter(({ bytes }) => bytes <= mostBytes)))) {
      if (failure === undefined) {
        const failed = (await Promise.all(wave.map((batch) => this.#publish(batch)))).flat();
        unpublished.push(...failed);
        failure = failed.find(({ never }) => !never)?.error;
      } else {
        // Each would only wait as long again.
        const error = failure;
        unpublished.push(...wave.flat().map(({ index }) => ({ index, error, never: false })));
      }
    }
    return unpublished.toSorted((one, other) => one.index - other.index);
  }

  async #publish(batch: readonly Entry[]): Promise<Unpublished[]> {
    const refused: Unpublished[] = [];
    let left = batch;
    try {
      await this.#calls.call(async (client, request) => {
        const { Entries = [] } = await client.send(
          new PutEventsCommand({ Entries: left.map(({ entry }) => entry) }),
          request,
        );
        const results = left.map((entry, index) => ({ entry, result: Entries[index] }));
        const failed = results.filter(({ result }) => result?.EventId === undefined);
        refused.push(...failed.filter(({ result }) => !mayPass(result)).map(refusedEntry));
        left = failed.filter(({ result }) => mayPass(result)).map(({ entry }) => entry);
        const [first] = failed.filter(({ result }) => mayPass(result));
        if (first !== undefined) throw namedError(first.result?.ErrorCode ?? 'InternalFailure');
      });
    } catch (thrown) {
      return [...refused, ...(await this.#afterFailure(left, asEscrowError(thrown)))];
    }
    return refused;
  }

  /** What was refused as malformed may be the fault of one event: it does not take the others along. */
  async #afterFailure(left: readonly Entry[], error: EscrowError): Promise<Unpublished[]> {
    const malformed = faultyRequest.includes(nameOf(error.cause));
    if (!malformed || left.length === 1) return left.map(({ index }) => ({ index, error, never: malformed }));
    const failures: Unpublished[] = [];
    for (const entry of left) failures.push(...(await this.#publish([entry])));
    return failures;
  }
}

function mayPass(result: PutEventsResultEntry | undefined): boolean {
  return result?.ErrorCode === undefined || passing.includes(result.ErrorCode);
}

function refusedEntry({ entry, result }: { entry: Entry; result: PutEventsResultEntry | undefined }) {
  const code = result?.ErrorCode ?? '';
  return { index: entry.index, error: refusal(code), never: faulty.includes(code) };
}

function refusal(code: string): EscrowError {
  const known = /^\w{1,64}$/.exec(code)?.[0] ?? 'unknown';
  const why = `Amazon EventBridge refused the event (${known})`;
  if (faulty.includes(code)) return new InternalError('internal', { why });
  // One that is not known says nothing against the event, which is not given up for it.
  if (!denied.includes(code)) return new StoreError('store-unavailable', { why });
  const next = 'Give the service the permission events:PutEvents on its bus; docs/deploy.md says how.';
  return new StoreError('store-misconfigured', { why, next });
}

function tooLarge({ index }: Entry): Unpublished {
  const why = 'the event is larger than the 1 MB that Amazon EventBridge takes';
  return { index, error: new StoreError('record-too-large', { why }), never: true };
}

/** An error that is judged as one of the whole request of that name would be. */
function namedError(name: string): Error {
  const error = new Error(name);
  error.name = name;
  return error;
}
