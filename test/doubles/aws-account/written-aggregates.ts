import { type AwsRequest, objectIn } from './aws-call.ts';

/** A record of a table's stream, as AWS Lambda hands it over. */
export interface StreamRecord {
  eventID: string;
  eventName: 'MODIFY';
  eventSource: 'aws:dynamodb';
  dynamodb: { SequenceNumber: string; NewImage: unknown };
}

/** The stream of the table of aggregates: each write that was done, in order, until it was taken. */
export class WrittenAggregates {
  readonly records: StreamRecord[] = [];
  readonly #all: StreamRecord[] = [];
  readonly #table: string;
  #last = 0;

  constructor(table: string) {
    this.#table = table;
  }

  /** Takes note of a request that was done, if it wrote an aggregate. */
  readonly take = ({ operation, body }: AwsRequest): void => {
    if (operation !== 'PutItem') return;
    const input = objectIn(JSON.parse(body.toString()));
    if (input['TableName'] !== this.#table) return;
    this.#last += 1;
    const sequence = String(this.#last).padStart(21, '0');
    const record: StreamRecord = {
      eventID: sequence,
      eventName: 'MODIFY',
      eventSource: 'aws:dynamodb',
      dynamodb: { SequenceNumber: sequence, NewImage: input['Item'] },
    };
    this.#all.push(record);
    this.records.push(record);
  };

  /** Hands all of them out once more, as the stream may. */
  repeat(): void {
    this.records.push(...this.#all);
  }
}
