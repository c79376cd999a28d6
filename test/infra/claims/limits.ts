import { describe, expect, it } from 'vitest';
import { at, listOf } from '../template.ts';
import { functionNames, type Parties } from './parties.ts';

const kib = 1_024;

/** Quotas of AWS CloudFormation, IAM, KMS, DynamoDB, S3 and Lambda that a growing service runs into. */
export function limitClaims(parties: Parties): void {
  const stacks = () => [parties.deployed.vault, parties.deployed.service];
  const longest = (documents: unknown[]) =>
    Math.max(0, ...documents.map((document) => (JSON.stringify(document) ?? '').length));
  const ofType = (type: string) => parties.deployed.all(type).map(({ Properties }) => Properties);

  describe('what AWS takes', () => {
    it('is more than each stack has: 500 resources, 200 outputs, 1 MB', () => {
      for (const stack of stacks()) {
        expect(stack.resources.length).toBeLessThan(500);
        expect(Object.keys(stack.outputs).length).toBeLessThan(200);
        expect(stack.size).toBeLessThan(1_000_000);
      }
    });

    it('is more than the policy of any key: 32 KB', () => {
      expect(longest(ofType('AWS::KMS::Key').map((key) => key['KeyPolicy']))).toBeLessThan(32 * kib);
    });

    it('is more than all policies in a role: 10,240 characters', () => {
      for (const name of functionNames) {
        expect(JSON.stringify(parties.statementsOf(name)).length, name).toBeLessThan(10_240);
      }
    });

    it('is more than the policies of buckets and tables: 20 KB', () => {
      const ofTables = ofType('AWS::DynamoDB::GlobalTable').flatMap((table) => {
        const replica = at(table, 'Replicas', 0);
        return [at(replica, 'ResourcePolicy'), at(replica, 'ReplicaStreamSpecification', 'ResourcePolicy')];
      });
      const ofBuckets = ofType('AWS::S3::BucketPolicy').map((policy) => policy['PolicyDocument']);
      expect(longest([...ofTables, ...ofBuckets])).toBeLessThan(20 * kib);
    });

    it('is more than what any function is told: 4 KB', () => {
      expect(longest(ofType('AWS::Lambda::Function').map((one) => one['Environment']))).toBeLessThan(4 * kib);
    });

    it('is more than the metrics of one alarm: 10', () => {
      for (const alarm of ofType('AWS::CloudWatch::Alarm')) {
        expect(listOf(alarm['Metrics']).length).toBeLessThanOrEqual(10);
      }
    });

    it('is more than the characters in the name of a role: 64', () => {
      for (const role of ofType('AWS::IAM::Role'))
        expect(String(role['RoleName']).length).toBeLessThanOrEqual(64);
    });
  });
}
