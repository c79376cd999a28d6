import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { type ActiveBackup, activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { bucketName, type Cloud } from './cloud.ts';
import type { Done } from './front.ts';

/** A record of the stream of the aggregates' table. */
export interface StreamRecord {
  eventName: 'INSERT' | 'MODIFY';
  dynamodb: { SequenceNumber: string; NewImage: object };
}

const putSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ TableName: v.string(), Item: v.record(v.string(), v.any()) }),
);
const itemSchema = v.object({
  record: v.string(),
  json: v.string(),
  writtenAt: v.string(),
  organization: v.string(),
});

/**
 * Looks over the services' shoulders: makes the stream of the table that is written, and says at every write, at the moment that it
 * takes effect, what must never have come to be.
 */
export class Watch {
  readonly stream: StreamRecord[] = [];
  /** Every event that a write bore. */
  readonly borne: CloudEvent[] = [];
  readonly violations: string[] = [];
  readonly #cloud: Pick<Cloud, 'tables' | 'bucket'>;
  readonly #organization: string;
  readonly #last = new Map<string, Enrollment>();
  /** Versions of objects that were read back whole, by name and version. */
  readonly #readBack = new Set<string>();

  constructor(cloud: Pick<Cloud, 'tables' | 'bucket'>, organization: string) {
    this.#cloud = cloud;
    this.#organization = organization;
  }

  /** A service has done what it was asked. */
  done({ service, operation, url, request, status, arrived }: Done): void {
    if (status !== 200) return;
    if (service === 'dynamodb' && operation === 'PutItem') this.#put(request);
    if (service === 's3' && operation === 'GetObject' && arrived) this.#read(url);
  }

  /** What enrollments looked like after their last write. */
  enrollments(): Enrollment[] {
    return [...this.#last.values()];
  }

  #read(url: string): void {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const name = decodeURIComponent(pathname).slice(`/${bucketName}/`.length);
    this.#readBack.add(`${name} ${searchParams.get('versionId')}`);
  }

  #put(request: Buffer): void {
    const { TableName, Item } = v.parse(putSchema, request.toString('utf8'));
    if (TableName !== this.#cloud.tables.aggregates) return;
    const item = v.parse(itemSchema, unmarshall(Item));
    if (item.organization !== this.#organization) return;
    this.stream.push({
      eventName: 'MODIFY',
      dynamodb: { SequenceNumber: String(this.stream.length + 1).padStart(21, '0'), NewImage: Item },
    });
    // What the registry wrote is what it reads: its own form.
    const record = JSON.parse(item.json);
    this.borne.push(...eventsBorneBy(record, item.writtenAt));
    if (item.record.startsWith('enrollment#')) this.#check(record);
  }

  #check(enrollment: Enrollment): void {
    const { id, state, key, version, backups } = enrollment;
    const before = this.#last.get(id);
    this.#last.set(id, enrollment);
    const say = (what: string) => this.violations.push(`${id} version ${version}: ${what}`);
    if (version !== (before?.version ?? 0) + 1) say(`follows version ${before?.version}`);
    if (backups.filter((each) => each.state === 'active').length > 1) say('two active backups');
    if ((key === undefined) === (state === 'ready')) say(`is ${state}, and its key pair does not fit that`);
    const [was, is] = [before && activeBackup(before), activeBackup(enrollment)];
    if (was !== undefined && was.objectVersion !== is?.objectVersion)
      say('another active backup than before');
    if (before?.key !== undefined && before.key.csrId !== key?.csrId) say('another key pair than before');
    if (state === 'ready' && enrollment.escrow === 'required') {
      const lack = is === undefined ? 'it has none' : this.lackOf(is);
      if (lack !== undefined) say(`its certificate request may leave, and of its backup ${lack}`);
    }
  }

  /** What a backup lacks to be proved and safe. */
  lackOf({ objectName, objectVersion, pfxSha256, retainUntil }: ActiveBackup): string | undefined {
    const stored = this.#cloud.bucket.versions(objectName).find(({ id }) => id === objectVersion);
    if (stored === undefined) return 'the object is not there';
    if (!this.#readBack.has(`${objectName} ${objectVersion}`)) return 'the object was not read back';
    const { checksum, retention } = stored;
    if (Buffer.from(checksum?.value ?? '', 'base64').toString('hex') !== pfxSha256)
      return 'the object is another';
    if (retention?.mode !== 'COMPLIANCE' || retention.until < Date.parse(retainUntil))
      return 'the lock is too short';
    return undefined;
  }
}
