import { describe, expect, it } from 'vitest';
import { functionsWith, type Parties } from './parties.ts';

/** A write as what seals makes it: of a new name, locked in COMPLIANCE mode for all of its retention. */
const goodWrite = {
  's3:ObjectCreationOperation': 'true',
  's3:if-none-match': '*',
  's3:object-lock-mode': 'COMPLIANCE',
  's3:object-lock-remaining-retention-days': '1095',
};

/** The segments of the ledgers: one function writes them, and nobody changes or removes one. */
export function segmentClaims(parties: Parties): void {
  const ask = (action: string, context: Record<string, string> = {}) => ({
    action,
    resource: parties.segment,
    context,
  });

  describe('a segment of a ledger', () => {
    it('is written by what seals, and by no other function', () => {
      expect(parties.functionsThatMay(ask('s3:PutObject', goodWrite))).toEqual(['seal-ledger']);
    });

    it('is read by that, and by what auditors ask, and by no other function', () => {
      const expected = [...functionsWith('segments:read'), ...functionsWith('segments:write')];
      expect(new Set(parties.functionsThatMay(ask('s3:GetObject')))).toEqual(new Set(expected));
    });

    it.each(['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'])(
      'is removed by nobody, and freed of its lock by nobody (%s)',
      (action) => {
        expect(parties.mayAnybody(ask(action, goodWrite))).toBe(false);
      },
    );

    it.each([
      ['without a lock', { ...goodWrite, 's3:object-lock-mode': '' }],
      ['in GOVERNANCE mode', { ...goodWrite, 's3:object-lock-mode': 'GOVERNANCE' }],
    ])('is written %s by no function', (_how, context) => {
      expect(parties.functionsThatMay(ask('s3:PutObject', context))).toEqual([]);
    });

    it('has a name that is written only once, whoever writes it', () => {
      const { 's3:if-none-match': _, ...unconditional } = goodWrite;
      expect(parties.mayAnybody(ask('s3:PutObject', unconditional))).toBe(false);
    });

    it('is locked for all of its retention from its writing on, though its writer said nothing of it', () => {
      const bucket = parties.deployed.only(parties.deployed.vault, 'AWS::S3::Bucket', 'Segments');
      expect(bucket.Properties['ObjectLockConfiguration']).toEqual({
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Days: 1_095, Mode: 'COMPLIANCE' } },
      });
    });

    it('is out of reach of every function that adds entries, but for what auditors ask', () => {
      const readers = functionsWith('segments:read');
      const appending = functionsWith('ledger:append').filter((name) => !readers.includes(name));
      const may = appending.filter(
        (name) => parties.may(name, ask('s3:GetObject')) || parties.may(name, ask('s3:PutObject', goodWrite)),
      );
      expect(may).toEqual([]);
    });
  });
}
