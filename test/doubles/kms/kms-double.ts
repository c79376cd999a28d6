import { AwsError } from '../aws-json/aws-error.ts';
import { Faults } from '../aws-json/faults.ts';
import type { Input } from '../aws-json/input.ts';
import { serveAwsJson } from '../aws-json/server.ts';
import { Account, type AccountSettings } from './account.ts';
import { cryptographicOperations } from './cryptographic-operations.ts';
import { importOperations } from './import-operations.ts';
import { keyOperations } from './key-operations.ts';
import { nameOperations } from './name-operations.ts';
import type { Note, Operations } from './operations.ts';

/** One request as it went. It holds no key, message or ciphertext. */
export interface LoggedRequest extends Note {
  /** As in `Sign`. */
  operation: string;
  /** `done`, or the name of the error that the operation itself ended with. */
  outcome: string;
}

export interface KmsDouble {
  endpoint: string;
  region: string;
  faults: Faults;
  /** The requests that were not refused before they reached their operation; the last thousand. */
  log: LoggedRequest[];
  /** The keys as they are, for a test to look at. */
  account: Account;
  close(): Promise<void>;
}

/**
 * A stand-in for AWS KMS on loopback: its protocol, its cryptography and its documented semantics, as far as this project uses
 * them. Keys are in clear in memory and in the folder: it is for tests and demonstrations, never for keys that matter.
 */
export async function startKmsDouble(settings: AccountSettings & { port?: number } = {}): Promise<KmsDouble> {
  const account = new Account(settings);
  const faults = new Faults();
  const log: LoggedRequest[] = [];
  const operations = allOperations();
  const operate = async (operation: string, input: Input): Promise<object> => {
    const note: Note = { resources: [], conditions: {} };
    const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (run === undefined) throw new AwsError('UnknownOperationException');
    const logged = { operation, ...note, outcome: 'done' };
    log.push(logged);
    if (log.length > 1_000) log.shift();
    try {
      return await run(account, input, note);
    } catch (error) {
      logged.outcome = error instanceof AwsError ? error.type : 'InternalFailure';
      throw error;
    }
  };
  const service = { target: 'TrentService', signingName: 'kms', faults, operate };
  const server = await serveAwsJson(service, settings.port ?? 0);
  return { ...server, region: account.region, faults, log, account };
}

function allOperations(): Operations {
  return { ...keyOperations, ...nameOperations, ...cryptographicOperations, ...importOperations() };
}
