import { describe, expect, it } from 'vitest';
import { tableNames, tables } from '#contract/tables.ts';
import { at, listOf } from '../template.ts';
import { functionsWith, type Parties } from './parties.ts';

const reading = ['BatchGetItem', 'GetItem', 'PartiQLSelect', 'Query', 'Scan'];
const changing = ['BatchWriteItem', 'DeleteItem', 'PartiQLDelete', 'PartiQLUpdate', 'UpdateItem'];

/** The tables: who reads and writes what, and what nobody does. */
export function recordClaims(parties: Parties): void {
  const may = (who: Parameters<Parties['may']>[0], action: string, resource: string, keys?: string[]) =>
    parties.may(who, {
      action: `dynamodb:${action}`,
      resource,
      context: keys === undefined ? {} : { 'dynamodb:LeadingKeys': keys },
    });

  describe('a record of the ledger', () => {
    it.each(changing.filter((name) => name !== 'UpdateItem'))(
      'is changed or removed by nobody, an administrator included (%s)',
      (name) => {
        const asked = { action: `dynamodb:${name}`, resource: parties.table('ledger') };
        expect(parties.mayAnybody(asked)).toBe(false);
      },
    );

    const noting = (...attributes: string[]) => ({
      action: 'dynamodb:UpdateItem',
      resource: parties.table('ledger'),
      context: { 'dynamodb:Attributes': ['organization', 'record', ...attributes] },
    });

    it('is noted to be sealed by what seals it, and by nobody else, an administrator included', () => {
      const asked = noting('sealedIn', 'position', 'previousSha256', 'enrollmentKey', 'principalKey');
      expect(parties.functionsThatMay(asked)).toEqual(['seal-ledger']);
      expect(parties.may(parties.administrator, asked)).toBe(false);
    });

    it.each(['body', 'sha256'])(
      'keeps what was recorded: %s is changed by nobody, who seals it included',
      (name) => {
        expect(parties.mayAnybody(noting(name))).toBe(false);
      },
    );

    it('never expires: nobody can have it do so', () => {
      const asked = { action: 'dynamodb:UpdateTimeToLive', resource: parties.table('ledger') };
      expect(parties.mayAnybody(asked)).toBe(false);
    });

    it.each<[string, string[]]>([
      ['GetItem', ['prove-entry']],
      ['BatchGetItem', ['find-entries', 'prove-entry', 'read-dossier', 'seal-ledger']],
      ['Query', ['read-lines', 'find-entries', 'prove-entry', 'read-dossier', 'seal-ledger']],
      ['Scan', []],
      ['PartiQLSelect', []],
    ])(
      'is read by what auditors ask, and by what seals it, and by no other function (%s)',
      (name, expected) => {
        const asked = { action: `dynamodb:${name}`, resource: parties.table('ledger') };
        expect(parties.functionsThatMay(asked)).toEqual(expected);
      },
    );

    it.each(['by-enrollment', 'by-principal', 'by-refusal'])(
      'is found by what auditors ask (%s)',
      (index) => {
        const asked = { action: 'dynamodb:Query', resource: `${parties.table('ledger')}/index/${index}` };
        expect(parties.functionsThatMay(asked)).toEqual(['find-entries', 'read-dossier']);
      },
    );

    const putting = (partition: string, ...attributes: string[]) => ({
      action: 'dynamodb:PutItem',
      resource: parties.table('ledger'),
      context: {
        'dynamodb:LeadingKeys': [partition],
        'dynamodb:Attributes': ['organization', 'record', ...attributes],
      },
    });

    it('is added by every function that its use names, and by none that seals', () => {
      const asked = putting('ACME', 'body', 'sha256');
      expect(parties.functionsThatMay(asked)).toEqual(functionsWith('ledger:append'));
      expect(functionsWith('ledger:append')).not.toContain('seal-ledger');
    });

    it('is added by none that could say where it stands, which is noted as it is sealed', () => {
      expect(parties.functionsThatMay(putting('ACME', 'body', 'sha256', 'sealedIn'))).toEqual([]);
    });

    it('is told by what seals it which segment it is in, and by no other function', () => {
      expect(parties.functionsThatMay(putting('ACME#segments', 'segment'))).toEqual(['seal-ledger']);
    });
  });

  describe('a locked key', () => {
    it('is read by whoever opens it with its subscriber, or has just made it, and by no other function', () => {
      const asked = { action: 'dynamodb:GetItem', resource: parties.table('locked-keys') };
      const expected = [...functionsWith('locked-keys:read'), ...functionsWith('locked-keys:write')];
      expect(new Set(parties.functionsThatMay(asked))).toEqual(new Set(expected));
    });

    it('is listed by nobody among the functions', () => {
      for (const action of ['Query', 'Scan', 'BatchGetItem', 'PartiQLSelect']) {
        const asked = { action: `dynamodb:${action}`, resource: parties.table('locked-keys') };
        expect(parties.functionsThatMay(asked)).toEqual([]);
      }
    });

    it.each(['list-enrollments', 'show-enrollment', 'list-backups', 'follow-events'] as const)(
      'is out of reach of %s, which reads lists',
      (name) => {
        const all = [...reading, ...changing, 'PutItem'];
        expect(all.filter((action) => may(name, action, parties.table('locked-keys')))).toEqual([]);
      },
    );

    it('is handed on by no stream', () => {
      const [table] = parties.deployed.vault
        .ofType('AWS::DynamoDB::GlobalTable')
        .filter(({ id }) => id.startsWith('LockedKeys'));
      expect(table?.Properties).not.toHaveProperty('StreamSpecification');
    });
  });

  describe('the stream of the aggregates', () => {
    it('is read by the function that carries events, and by nobody else, an administrator included', () => {
      for (const action of ['dynamodb:GetRecords', 'dynamodb:GetShardIterator']) {
        const asked = { action, resource: parties.stream('aggregates') };
        expect(parties.functionsThatMay(asked)).toEqual(['carry-events']);
        expect(parties.may(parties.administrator, asked)).toBe(false);
      }
    });

    it('holds each record as its write left it, with the events that it carries', () => {
      const table = parties.deployed.vault.only('AWS::DynamoDB::GlobalTable', 'Aggregates');
      expect(table.Properties['StreamSpecification']).toEqual({ StreamViewType: 'NEW_IMAGE' });
    });
  });

  describe('the stream of the ledger', () => {
    it('is read by what seals it, and by nobody else, an administrator included', () => {
      for (const action of ['dynamodb:GetRecords', 'dynamodb:GetShardIterator']) {
        const asked = { action, resource: parties.stream('ledger') };
        expect(parties.functionsThatMay(asked)).toEqual(['seal-ledger']);
        expect(parties.may(parties.administrator, asked)).toBe(false);
      }
    });

    it('tells which entries are new, and nothing of what they say', () => {
      const table = parties.deployed.vault.only('AWS::DynamoDB::GlobalTable', 'Ledger');
      expect(table.Properties['StreamSpecification']).toEqual({ StreamViewType: 'KEYS_ONLY' });
    });
  });

  describe('what passes and is forgotten', () => {
    const collections = { 'claims:write': 'claims', 'feed:append': 'feed', 'notices:write': 'notices' };

    it.each(Object.entries(collections))(
      'is written under %s by the functions of that use alone',
      (use, name) => {
        const asked = {
          action: 'dynamodb:PutItem',
          resource: parties.table('activity'),
          context: { 'dynamodb:LeadingKeys': [`${name}#ACME`] },
        };
        expect(parties.functionsThatMay(asked)).toEqual(functionsWith(use));
      },
    );

    it('is not read across collections: notices by what reads dead letters, or the other way about', () => {
      const table = parties.table('activity');
      expect(may('list-notices', 'Query', table, ['notices#ACME'])).toBe(true);
      expect(may('list-notices', 'Query', table, ['dead-letters#ACME'])).toBe(false);
      expect(may('list-dead-letters', 'Query', table, ['dead-letters#ACME'])).toBe(true);
      expect(may('list-dead-letters', 'Query', table, ['notices#ACME'])).toBe(false);
    });

    it('is read of two collections at once by none that may read one', () => {
      const keys = ['notices#ACME', 'claims#ACME'];
      expect(may('list-notices', 'Query', parties.table('activity'), keys)).toBe(false);
    });
  });

  describe('every table', () => {
    const table = (name: (typeof tableNames)[number]) =>
      parties.deployed
        .all('AWS::DynamoDB::GlobalTable')
        .find(({ id }) => `arn:${parties.deployed.vault.name}:${id}` === parties.table(name));

    it.each(tableNames)('%s is scanned, and changed in part, by no function but what seals', (name) => {
      for (const action of ['Scan', 'UpdateItem', 'BatchWriteItem', 'PartiQLSelect', 'PartiQLUpdate']) {
        const asked = { action: `dynamodb:${action}`, resource: parties.table(name) };
        const sealing = name === 'ledger' && action === 'UpdateItem' ? ['seal-ledger'] : [];
        expect(parties.functionsThatMay(asked)).toEqual(sealing);
      }
    });

    it.each(tableNames)(
      '%s is kept, cannot be deleted, and can be brought back to any second of 35 days',
      (name) => {
        expect(table(name)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
        expect(table(name)?.Properties['Replicas']).toMatchObject([
          {
            Region: 'us-west-2',
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
          },
        ]);
      },
    );

    it.each(tableNames)('%s is encrypted under the vault key', (name) => {
      expect(table(name)?.Properties).toMatchObject({
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        Replicas: [{ SSESpecification: { KMSMasterKeyId: parties.vaultKey } }],
      });
    });

    it.each(tableNames)('%s has the keys, the indexes and the expiry that the adapters ask for', (name) => {
      const { partitionKey, sortKey, indexes, ...shape } = tables[name];
      const properties = table(name)?.Properties;
      const keys = (schema: unknown) => listOf(schema).map((key) => at(key, 'AttributeName'));
      expect(keys(properties?.['KeySchema'])).toEqual([partitionKey, sortKey]);
      const made = listOf(properties?.['GlobalSecondaryIndexes']).map((index) => [
        at(index, 'IndexName'),
        ...keys(at(index, 'KeySchema')),
        at(index, 'Projection', 'ProjectionType') === 'ALL' ? 'all' : 'keys',
      ]);
      const wanted = Object.entries(indexes).map(([id, index]) => [id, ...Object.values(index)]);
      expect(made).toEqual(wanted);
      const expires = 'expires' in shape ? { AttributeName: shape.expires, Enabled: true } : undefined;
      expect(properties?.['TimeToLiveSpecification']).toEqual(expires);
    });
  });
}
