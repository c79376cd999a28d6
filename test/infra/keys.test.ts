import { describe, expect, it } from 'vitest';
import { Policy } from './policy.ts';
import { only, vaultTemplate } from './synthesis.ts';

const template = vaultTemplate();
const key = (name: string) => only(template, 'AWS::KMS::Key', `Keys${name}`);
const policyOf = (name: string) => new Policy(key(name).Properties['KeyPolicy']);

const duties = ['Custody', 'Mac', 'Vault', 'Receipts'];
const uses = [
  'kms:Decrypt',
  'kms:DeriveSharedSecret',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:GenerateMac',
  'kms:ReEncryptFrom',
  'kms:Sign',
  'kms:VerifyMac',
];

describe('each KMS key', () => {
  it.each(duties)('%s is kept when the stack is deleted or the key is replaced', (duty) => {
    expect(key(duty)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it.each(duties)('%s can be saved for thirty days after its deletion was asked for', (duty) => {
    expect(key(duty).Properties['PendingWindowInDays']).toBe(30);
  });

  it.each(duties)('%s can be looked after, so that nobody is locked out of it', (duty) => {
    expect(policyOf(duty).allowsAnybody('kms:PutKeyPolicy')).toBe(true);
  });

  it.each(duties)('%s lets nobody make a direct use of it by an IAM policy alone', (duty) => {
    expect(uses.filter((use) => policyOf(duty).allowsAnybody(use))).toEqual([]);
  });

  it.each(duties)('%s lets nobody grant its use by a direct call', (duty) => {
    expect(policyOf(duty).allowsAnybody('kms:CreateGrant')).toBe(false);
  });

  it('has an alias that names the stage and its duty', () => {
    const aliases = Object.values(template.findResources('AWS::KMS::Alias'));
    expect(aliases.map((alias) => alias['Properties'].AliasName).sort()).toEqual([
      'alias/enrollment-key-escrow/test/custody',
      'alias/enrollment-key-escrow/test/mac',
      'alias/enrollment-key-escrow/test/receipts',
      'alias/enrollment-key-escrow/test/vault',
    ]);
  });
});

describe('the keys by duty', () => {
  it.each(['Custody', 'Vault'])('%s encrypts, and is rotated', (duty) => {
    expect(key(duty).Properties).toMatchObject({ EnableKeyRotation: true });
    expect(key(duty).Properties).not.toHaveProperty('KeyUsage');
  });

  it('the MAC key makes HMAC-SHA256 and is never changed, or no password lock would open again', () => {
    expect(key('Mac').Properties).toMatchObject({
      KeySpec: 'HMAC_256',
      KeyUsage: 'GENERATE_VERIFY_MAC',
      EnableKeyRotation: false,
    });
  });

  it('the receipt key signs ES256', () => {
    expect(key('Receipts').Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  });

  it.each(['dynamodb', 's3'])('the vault key decrypts for whoever reads through %s', (service) => {
    expect(policyOf('Vault').allowsAnybody('kms:Decrypt', { 'kms:ViaService': viaService(service) })).toBe(
      true,
    );
  });

  it.each(['Custody', 'Mac', 'Receipts'])('%s is of no use through a store', (duty) => {
    const context = { 'kms:ViaService': viaService('s3') };
    expect(uses.filter((use) => policyOf(duty).allowsAnybody(use, context))).toEqual([]);
  });
});

/** The service's name as the template spells it, with region and suffix filled in later. */
function viaService(service: string): string {
  const parts = [`${service}.`, { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }];
  return JSON.stringify({ 'Fn::Join': ['', parts] });
}
