import { beforeAll, describe, expect, it } from 'vitest';
import { alarmClaims } from './claims/alarms.ts';
import { apiClaims } from './claims/api.ts';
import { backupClaims } from './claims/backups.ts';
import { custodyClaims, keyClaims } from './claims/custody.ts';
import { functionClaims } from './claims/functions.ts';
import { limitClaims } from './claims/limits.ts';
import { messageClaims } from './claims/messages.ts';
import { functionsWith, Parties } from './claims/parties.ts';
import { recordClaims } from './claims/records.ts';
import { segmentClaims } from './claims/segments.ts';
import { signInClaims } from './claims/sign-in.ts';
import { type Configuration, synthesize } from './synthesis.ts';

let made: Configuration;
beforeAll(() => {
  made = synthesize();
});
const parties = new Parties(() => made);

describe('the service with its keys in AWS KMS', () => {
  custodyClaims(parties);
  keyClaims(parties, () => [
    parties.key('Custody'),
    parties.key('Mac'),
    parties.key('Receipts'),
    parties.vaultKey,
  ]);
  backupClaims(parties);
  recordClaims(parties);
  segmentClaims(parties);
  messageClaims(parties);
  functionClaims(parties, 'kms', []);
  apiClaims(parties);
  signInClaims(parties);
  alarmClaims(parties);
  limitClaims(parties);

  it('meets every practice that it is held against', () => {
    expect(made.report).toMatchObject({ pluginReports: [] });
  });

  it('protects the stack that keeps keys, records and backups against deletion, with all that is in it', () => {
    expect(made.protectedStacks).toEqual(['enrollment-key-escrow-test-vault']);
  });

  it('names the roles from the one stack in the other, so that a release may do without one that the last had', () => {
    const exported = JSON.stringify(parties.deployed.vault.outputs);
    for (const { id } of parties.deployed.all('AWS::IAM::Role')) expect(exported).not.toContain(id);
  });

  it('has aliases that name the stage and the duty of each key', () => {
    const aliases = parties.deployed.all('AWS::KMS::Alias').map(({ Properties }) => Properties['AliasName']);
    expect([...aliases].sort()).toEqual([
      'alias/enrollment-key-escrow/test/custody',
      'alias/enrollment-key-escrow/test/mac',
      'alias/enrollment-key-escrow/test/receipts',
      'alias/enrollment-key-escrow/test/vault',
    ]);
  });

  it('rotates the keys that encrypt, and never those whose change would undo locks and receipts', () => {
    const key = (name: string) => parties.deployed.vault.only('AWS::KMS::Key', name).Properties;
    expect(key('KeysCustody')).toMatchObject({ EnableKeyRotation: true });
    expect(key('Vault')).toMatchObject({ EnableKeyRotation: true });
    expect(key('KeysMac')).toMatchObject({
      EnableKeyRotation: false,
      KeySpec: 'HMAC_256',
      KeyUsage: 'GENERATE_VERIFY_MAC',
    });
    expect(key('KeysReceipts')).toMatchObject({
      EnableKeyRotation: false,
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
    });
  });

  it('has the secret of the canaries read by what makes and checks canaries, and by no other function', () => {
    const resource = parties.deployed.ref(
      parties.deployed.vault,
      'AWS::SecretsManager::Secret',
      'CanarySecret',
    );
    const asked = { action: 'secretsmanager:GetSecretValue', resource };
    expect(parties.functionsThatMay(asked)).toEqual(functionsWith('canary-secret:read'));
  });

  it('needs no network of its own', () => {
    expect(parties.deployed.all('AWS::EC2::VPC')).toEqual([]);
  });
});
