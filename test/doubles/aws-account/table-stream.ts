import { type AwsRequest, objectIn } from './aws-call.ts';

type Item = Record<string, unknown>;

/** What of a write a stream hands on: its `eventName`, and what stands under `dynamodb`. */
export interface Told {
  eventName: 'INSERT' | 'MODIFY';
  of: Record<string, unknown>;
}

/** A record of a table's stream, as AWS Lambda hands it over. */
export interface StreamRecord {
  eventID: string;
  eventName: Told['eventName'];
  eventSource: 'aws:dynamodb';
  dynamodb: Record<string, unknown> & { SequenceNumber: string };
}

/** The stream of a table: each item that was put, in order, until it was taken. */
export class TableStream {
  readonly records: StreamRecord[] = [];
  readonly #all: StreamRecord[] = [];
  readonly #table: string;
  readonly #tell: (item: Item) => Told | undefined;
  #last = 0;

  /** @param tell what is told of an item; undefined where its follower's filter lets nothing through */
  constructor(table: string, tell: (item: Item) => Told | undefined) {
    this.#table = table;
    this.#tell = tell;
  }

  /** Takes note of a request that was done, if it wrote to the table. */
  readonly take = ({ operation, body }: AwsRequest): void => {
    if (operation !== 'PutItem') return;
    const input = objectIn(JSON.parse(body.toString()));
    if (input['TableName'] !== this.#table) return;
    const told = this.#tell(objectIn(input['Item']));
    if (told === undefined) return;
    this.#last += 1;
    const sequence = String(this.#last).padStart(21, '0');
    const record: StreamRecord = {
      eventID: sequence,
      eventName: told.eventName,
      eventSource: 'aws:dynamodb',
      dynamodb: { SequenceNumber: sequence, ...told.of },
    };
    this.#all.push(record);
    this.records.push(record);
  };

  /** Hands all of them out once more, as the stream may. */
  repeat(): void {
    this.records.push(...this.#all);
  }
}

/** The stream of the table of aggregates: each as it was written. */
export function writtenAggregates(table: string): TableStream {
  return new TableStream(table, (item) => ({ eventName: 'MODIFY', of: { NewImage: item } }));
}

/** The stream of the ledger, as its follower's filter lets through: the keys of each entry that was put. */
export function recordedEntries(table: string): TableStream {
  return new TableStream(table, ({ organization, record }) => {
    const isEntry = String(objectIn(record)['S']).startsWith('2');
    const of = { Keys: { organization, record }, StreamViewType: 'KEYS_ONLY' };
    return isEntry ? { eventName: 'INSERT', of } : undefined;
  });
}
