import { describe, expect, it } from 'vitest';
import { only, vaultTemplate } from './synthesis.ts';

const template = vaultTemplate();
const tables = ['Aggregates', 'LockedKeys'];
const table = (name: string) => only(template, 'AWS::DynamoDB::GlobalTable', name);

describe('the record tables', () => {
  it.each(tables)('%s is kept when the stack is deleted', (name) => {
    expect(table(name)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it.each(tables)('%s cannot be deleted, and can be brought back to any second of 35 days', (name) => {
    expect(table(name).Properties['Replicas']).toMatchObject([
      {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
      },
    ]);
  });

  it.each(tables)('%s is encrypted under the vault key', (name) => {
    expect(table(name).Properties).toMatchObject({
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        {
          SSESpecification: {
            KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^KeysVault/), 'Arn'] },
          },
        },
      ],
    });
  });

  it.each(tables)('%s stands in one region only, the one that was chosen', (name) => {
    expect(table(name).Properties['Replicas']).toMatchObject([{ Region: 'us-west-2' }]);
  });

  it.each(tables)('%s keeps records by organization', (name) => {
    expect(table(name).Properties['KeySchema']).toEqual([
      { AttributeName: 'organization', KeyType: 'HASH' },
      { AttributeName: 'record', KeyType: 'RANGE' },
    ]);
  });
});

describe('the streams', () => {
  it('hand on each aggregate as its write left it, with the events that it carries', () => {
    expect(table('Aggregates').Properties['StreamSpecification']).toEqual({ StreamViewType: 'NEW_IMAGE' });
  });

  it('never hand on a locked key', () => {
    expect(table('LockedKeys').Properties).not.toHaveProperty('StreamSpecification');
  });
});
