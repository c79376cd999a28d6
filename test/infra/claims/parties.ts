import { type FunctionName, functions } from '#contract/functions.ts';
import type { TableName } from '#contract/tables.ts';
import { type Asked, type Asking, administrator } from '../principals.ts';
import type { Configuration } from '../synthesis.ts';

export const functionNames = Object.keys(functions).filter((name): name is FunctionName =>
  Object.hasOwn(functions, name),
);

const tableIds: Readonly<Record<TableName, string>> = {
  aggregates: 'Aggregates',
  documents: 'Documents',
  'locked-keys': 'LockedKeys',
  ledger: 'Ledger',
  activity: 'Activity',
};

/** What claims ask about, by names. */
export class Parties {
  readonly administrator = administrator;
  readonly #of: () => Configuration;

  /** @param of gives the configuration, once it is there */
  constructor(of: () => Configuration) {
    this.#of = of;
  }

  get deployed() {
    return this.#of().deployed;
  }

  get everybody(): Asking[] {
    return [...functionNames.map((name) => this.#of().principals.function(name)), administrator];
  }

  /** The names of the functions to which it is allowed. */
  functionsThatMay(asked: Asked): FunctionName[] {
    return functionNames.filter((name) => this.may(name, asked));
  }

  may(who: FunctionName | Asking, asked: Asked): boolean {
    const { principals } = this.#of();
    return principals.may(typeof who === 'string' ? principals.function(who) : who, asked);
  }

  /** Whether it is allowed to any function, or to an administrator. */
  mayAnybody(asked: Asked): boolean {
    return this.everybody.some((one) => this.may(one, asked));
  }

  /** What a function may do by the policies of its role. */
  statementsOf(name: FunctionName): Asking['statements'] {
    return this.#of().principals.function(name).statements;
  }

  role(name: string): Asking {
    return this.#of().principals.role(name);
  }

  table(name: TableName): string {
    return this.deployed.arn(this.deployed.vault, 'AWS::DynamoDB::GlobalTable', tableIds[name]);
  }

  /** The stream of a table. */
  stream(name: TableName): string {
    const { deployed } = this;
    return deployed.attribute(deployed.vault, 'AWS::DynamoDB::GlobalTable', tableIds[name], 'StreamArn');
  }

  /** A backup's ARN. */
  get backup(): string {
    return `${this.bucket}/ACME/enr_1/att_1.pfx`;
  }

  get bucket(): string {
    return this.deployed.arn(this.deployed.vault, 'AWS::S3::Bucket', 'Backups');
  }

  /** The bucket of the ledgers' segments, and one of them. */
  get segments(): string {
    return this.deployed.arn(this.deployed.vault, 'AWS::S3::Bucket', 'Segments');
  }

  get segment(): string {
    return `${this.segments}/ACME/000000001.jsonl`;
  }

  key(name: 'Custody' | 'Mac' | 'Receipts'): string {
    return this.deployed.arn(this.deployed.vault, 'AWS::KMS::Key', `Keys${name}`);
  }

  get vaultKey(): string {
    return this.deployed.arn(this.deployed.vault, 'AWS::KMS::Key', 'Vault');
  }

  get bus(): string {
    return this.deployed.arn(this.deployed.service, 'AWS::Events::EventBus');
  }

  queue(consumer: string, kind: 'Queue' | 'DeadLetters' = 'Queue'): string {
    const id = `Queue${consumer.replaceAll('-', '')}${kind}`;
    const [queue] = this.deployed.service
      .ofType('AWS::SQS::Queue')
      .filter((one) => new RegExp(`^${id}[0-9A-F]{8}$`).test(one.id));
    if (queue === undefined) throw new Error(`there is no queue ${id}`);
    return this.deployed.attribute(this.deployed.service, 'AWS::SQS::Queue', queue.id, 'Arn');
  }

  lambda(name: FunctionName): string {
    const id = `Functions${name.replaceAll('-', '')}Function`;
    const [found] = this.deployed.service
      .ofType('AWS::Lambda::Function')
      .filter((one) => new RegExp(`^${id}[0-9A-F]{8}$`).test(one.id));
    if (found === undefined) throw new Error(`there is no function ${id}`);
    return this.deployed.attribute(this.deployed.service, 'AWS::Lambda::Function', found.id, 'Arn');
  }
}

/** The functions of the table that have a use. */
export function functionsWith(use: string): FunctionName[] {
  return functionNames.filter((name) => functions[name].uses.some((one) => one === use));
}
