import { describe, expect, it } from 'vitest';
import type { FunctionName } from '#contract/functions.ts';
import { purposes } from '#domain/purpose.ts';
import { functionsWith, type Parties } from './parties.ts';

/** The whole encryption context of a private key, and what KMS adds to a request. */
const contextOf = (purpose: string) => ({
  'kms:EncryptionContext:purpose': purpose,
  'kms:EncryptionContext:organization': 'ACME',
  'kms:EncryptionContext:enrollment': 'enr_1',
  'kms:EncryptionContextKeys': ['purpose', 'organization', 'enrollment'],
});
const signing = { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' };
const macing = { 'kms:MacAlgorithm': 'HMAC_SHA_256' };

const makers: Readonly<Record<(typeof purposes)[number], readonly FunctionName[]>> = {
  identity: ['make-identity-key-pair-with-password', 'make-identity-key-pair'],
  encryption: ['make-encryption-key-pair-with-password', 'make-encryption-key-pair'],
};
const usesOfCustody = [
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Custody in AWS KMS: who may use which key, and in which contexts. */
export function custodyClaims(parties: Parties): void {
  const ofCustody = (action: string, context = {}) => ({ action, resource: parties.key('Custody'), context });

  describe.each(purposes)('custody of %s keys', (purpose) => {
    it('takes in what the functions that make them wrap, and nothing of anybody else', () => {
      const asked = ofCustody('kms:Encrypt', contextOf(purpose));
      expect(parties.functionsThatMay(asked)).toEqual(makers[purpose]);
    });

    it('is not for what makes keys of the other purpose', () => {
      const other = purposes.find((one) => one !== purpose) ?? purpose;
      for (const name of makers[purpose]) {
        const allowed = usesOfCustody.filter((action) =>
          parties.may(name, ofCustody(action, contextOf(other))),
        );
        expect(allowed, name).toEqual([]);
      }
    });

    it('gives back to whoever exports a copy, or escrows what became due, and to nobody else', () => {
      const asked = ofCustody('kms:Decrypt', contextOf(purpose));
      const escrowing = purpose === 'encryption' ? ['make-encryption-key-pair-with-password'] : [];
      expect(parties.functionsThatMay(asked)).toEqual(['export-copy', ...escrowing]);
    });
  });

  describe('custody', () => {
    it.each([
      'kms:EncryptionContext:organization',
      'kms:EncryptionContext:enrollment',
      'kms:EncryptionContext:purpose',
    ])('does nothing for anybody without %s', (missing) => {
      for (const purpose of purposes) {
        const { [missing]: _, ...context }: Record<string, string | string[]> = contextOf(purpose);
        const allowed = usesOfCustody.filter((action) => parties.mayAnybody(ofCustody(action, context)));
        expect(allowed).toEqual([]);
      }
    });

    it('does nothing for anybody with more in the context than belongs there', () => {
      const keys = ['purpose', 'organization', 'enrollment', 'note'];
      const context = { ...contextOf('encryption'), 'kms:EncryptionContextKeys': keys };
      expect(usesOfCustody.filter((action) => parties.mayAnybody(ofCustody(action, context)))).toEqual([]);
    });

    it('is of no use to whoever sets a password', () => {
      for (const purpose of purposes) {
        const asked = (action: string) => ofCustody(action, contextOf(purpose));
        expect(usesOfCustody.filter((action) => parties.may('set-password', asked(action)))).toEqual([]);
      }
    });

    it('is opened by no administrator, whatever IAM allows them', () => {
      const contexts = purposes.map(contextOf);
      const allowed = usesOfCustody.filter((action) =>
        contexts.some((context) => parties.may(parties.administrator, ofCustody(action, context))),
      );
      expect(allowed).toEqual([]);
    });

    it('makes no keys itself, where they are made in memory', () => {
      const context = { ...contextOf('encryption'), 'kms:DataKeyPairSpec': 'RSA_2048' };
      expect(parties.mayAnybody(ofCustody('kms:GenerateDataKeyPair', context))).toBe(false);
    });
  });

  describe('the MAC of the password lock', () => {
    it('helps nobody to guess who only takes a password in: no MAC, and no locked key, is theirs', () => {
      const macs = { action: 'kms:GenerateMac', resource: parties.key('Mac'), context: macing };
      const locked = { action: 'dynamodb:GetItem', resource: parties.table('locked-keys') };
      expect([macs, locked].filter((asked) => parties.may('set-password', asked))).toEqual([]);
    });

    it('is made for the functions that work with passwords, and for nobody else', () => {
      const asked = { action: 'kms:GenerateMac', resource: parties.key('Mac'), context: macing };
      expect(parties.functionsThatMay(asked)).toEqual(functionsWith('keys:mac'));
      expect(parties.may(parties.administrator, asked)).toBe(false);
    });

    it('is verified for nobody: whoever could have guesses verified needs no lock', () => {
      const asked = { action: 'kms:VerifyMac', resource: parties.key('Mac'), context: macing };
      expect(parties.mayAnybody(asked)).toBe(false);
    });
  });

  describe('a receipt', () => {
    const asked = (action: string, context: Record<string, string>) => ({
      action,
      resource: parties.key('Receipts'),
      context,
    });

    it('is signed for the functions that issue some, and for nobody else', () => {
      expect(parties.functionsThatMay(asked('kms:Sign', signing))).toEqual(functionsWith('keys:receipts'));
      expect(parties.may(parties.administrator, asked('kms:Sign', signing))).toBe(false);
    });

    it('is not signed by what tells everybody the key that it verifies under', () => {
      expect(parties.may('describe-service', asked('kms:GetPublicKey', {}))).toBe(true);
      expect(parties.may('describe-service', asked('kms:Sign', signing))).toBe(false);
    });
  });

  describe('resident keys', () => {
    const resource = 'arn:aws:kms:us-west-2:111122223333:key/1';
    const tag = { 'aws:ResourceTag/enrollment-key-escrow:prefix': 'enrollment-key-escrow/test' };
    const sign = (context: Record<string, string>) => ({
      action: 'kms:Sign',
      resource,
      context: { 'kms:MessageType': 'DIGEST', ...context },
    });

    it('sign for the function that makes them, and for nobody else', () => {
      expect(parties.functionsThatMay(sign(tag))).toEqual(['make-identity-key-pair']);
    });

    it('are told by their tags: other keys of the account sign for no function', () => {
      expect(parties.functionsThatMay(sign({}))).toEqual([]);
    });

    it('that have another name than such keys have are destroyed by no function', () => {
      const destroy = (alias: string) => ({
        action: 'kms:ScheduleKeyDeletion',
        resource,
        context: { ...tag, 'kms:ResourceAliases': [`alias/enrollment-key-escrow/test/${alias}`] },
      });
      expect(parties.functionsThatMay(destroy('resident/k1'))).toEqual(
        functionsWith('keys:discard-resident'),
      );
      expect(parties.functionsThatMay(destroy('custody'))).toEqual([]);
    });
  });
}

/** What holds of every own key, wherever custody is. */
export function keyClaims(parties: Parties, keys: () => readonly string[]): void {
  describe('each KMS key', () => {
    it('is scheduled for deletion by nobody, an administrator included', () => {
      for (const resource of keys()) {
        expect(parties.mayAnybody({ action: 'kms:ScheduleKeyDeletion', resource })).toBe(false);
      }
    });

    it('has no policy changed, and is granted to nobody, by any function', () => {
      const actions = ['kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:UpdateAlias', 'kms:DisableKey'];
      for (const resource of keys()) {
        const allowed = actions.filter((action) => parties.functionsThatMay({ action, resource }).length > 0);
        expect(allowed).toEqual([]);
      }
    });

    it('can be looked after by administrators, so that nobody is locked out of it', () => {
      for (const resource of keys()) {
        expect(parties.may(parties.administrator, { action: 'kms:PutKeyPolicy', resource })).toBe(true);
      }
    });

    it('is used by no administrator in a call of their own', () => {
      const actions = [...usesOfCustody, 'kms:Sign', 'kms:GenerateMac', 'kms:VerifyMac', 'kms:CreateGrant'];
      for (const resource of keys()) {
        const asked = (action: string) => ({ action, resource, context: { ...signing, ...macing } });
        expect(actions.filter((action) => parties.may(parties.administrator, asked(action)))).toEqual([]);
      }
    });

    it('is kept when the stack is deleted or the key is replaced, and can be saved for thirty days', () => {
      for (const key of parties.deployed.vault.ofType('AWS::KMS::Key')) {
        expect(key).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
        expect(key.Properties).toMatchObject({ PendingWindowInDays: 30 });
      }
    });
  });

  describe('the vault key', () => {
    const through = (service: string) => ({
      action: 'kms:Decrypt',
      resource: parties.vaultKey,
      context: { 'kms:ViaService': `${service}.us-west-2.amazonaws.com` },
    });

    it('decrypts through Amazon S3 for the functions that read or write backups or segments, and for no other', () => {
      const uses = ['backups:read', 'backups:write', 'segments:read', 'segments:write'];
      const allowed = parties.functionsThatMay(through('s3'));
      expect(new Set(allowed)).toEqual(new Set(uses.flatMap(functionsWith)));
    });

    it('decrypts for no function in a call of its own', () => {
      const asked = { action: 'kms:Decrypt', resource: parties.vaultKey };
      expect(parties.functionsThatMay(asked)).toEqual([]);
    });
  });
}
