import { type AwsRequest, objectIn } from './aws-call.ts';

/** A record of the ledger's stream, as AWS Lambda hands it over. */
export interface KeysRecord {
  eventID: string;
  eventName: 'INSERT';
  eventSource: 'aws:dynamodb';
  dynamodb: { SequenceNumber: string; Keys: unknown; StreamViewType: 'KEYS_ONLY' };
}

/** The stream of the ledger, as its follower's filter lets through: the keys of each entry that was put, until it was taken. */
export class RecordedEntries {
  readonly records: KeysRecord[] = [];
  readonly #all: KeysRecord[] = [];
  readonly #table: string;
  #last = 0;

  constructor(table: string) {
    this.#table = table;
  }

  /** Takes note of a request that was done, if it put an entry. */
  readonly take = ({ operation, body }: AwsRequest): void => {
    if (operation !== 'PutItem') return;
    const input = objectIn(JSON.parse(body.toString()));
    const { organization, record } = objectIn(input['Item']);
    const isEntry = String(objectIn(record)['S']).startsWith('2');
    if (input['TableName'] !== this.#table || !isEntry) return;
    this.#last += 1;
    const sequence = String(this.#last).padStart(21, '0');
    const told: KeysRecord = {
      eventID: sequence,
      eventName: 'INSERT',
      eventSource: 'aws:dynamodb',
      dynamodb: { SequenceNumber: sequence, Keys: { organization, record }, StreamViewType: 'KEYS_ONLY' },
    };
    this.#all.push(told);
    this.records.push(told);
  };

  /** Hands all of them out once more, as the stream may. */
  repeat(): void {
    this.records.push(...this.#all);
  }
}
