import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { functions } from '#contract/functions.ts';
import { alarmClaims } from './claims/alarms.ts';
import { keyClaims } from './claims/custody.ts';
import { functionClaims } from './claims/functions.ts';
import { limitClaims } from './claims/limits.ts';
import { functionNames, Parties } from './claims/parties.ts';
import { type Configuration, synthesize } from './synthesis.ts';
import { at, isRecord } from './template.ts';

const repository = join(import.meta.dirname, '..', '..');
const recordOf = (value: unknown) => (isRecord(value) ? value : {});

const ofKeys = functionNames.filter((name) => functions[name].uses.some((use) => use.startsWith('keys:')));
const others = functionNames.filter((name) => !ofKeys.includes(name));

let made: Configuration;
beforeAll(() => {
  made = synthesize({ custody: { kind: 'pkcs11', label: 'acme' } });
});
const parties = new Parties(() => made);
const lambda = (name: (typeof functionNames)[number]) =>
  parties.deployed.all('AWS::Lambda::Function').find(({ id }) => parties.lambda(name).endsWith(id))
    ?.Properties;

describe('the service with its keys in a token', () => {
  keyClaims(parties, () => [parties.vaultKey]);
  functionClaims(parties, 'pkcs11', ofKeys);
  alarmClaims(parties);
  limitClaims(parties);

  it('meets every practice that it is held against', () => {
    expect(made.report).toMatchObject({ pluginReports: [] });
  });

  it('makes no key of custody in AWS KMS, and lets no function use or make one', () => {
    expect(parties.deployed.all('AWS::KMS::Key').map(({ id }) => id)).toEqual([
      expect.stringMatching(/^Vault/),
    ]);
    const resource = 'arn:aws:kms:us-west-2:111122223333:key/1';
    for (const action of [
      'kms:CreateKey',
      'kms:Sign',
      'kms:Decrypt',
      'kms:GenerateMac',
      'kms:ScheduleKeyDeletion',
    ]) {
      expect(parties.functionsThatMay({ action, resource })).toEqual([]);
    }
  });

  it('has the PIN read by the functions that use the token, and by no other', () => {
    const resource = parties.deployed.ref(parties.deployed.vault, 'AWS::SecretsManager::Secret', 'TokenPin');
    const asked = { action: 'secretsmanager:GetSecretValue', resource };
    expect(parties.functionsThatMay(asked)).toEqual(ofKeys);
  });

  it('tells functions where the PIN is, and never makes one up, which would be tried on the token', () => {
    const secret = parties.deployed.vault.only('AWS::SecretsManager::Secret', 'TokenPin');
    expect(secret.Properties).not.toHaveProperty('GenerateSecretString');
    expect(secret.Properties).not.toHaveProperty('SecretString');
    const told = at(lambda('export-copy'), 'Environment', 'Variables');
    expect(told).toMatchObject({
      ESCROW_CUSTODY: 'pkcs11',
      ESCROW_TOKEN_LABEL: 'acme',
      ESCROW_TOKEN_MODULE: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so',
      ESCROW_TOKEN_PIN: expect.stringMatching(/^secretsmanager:.*TokenPin.*#pin$/),
    });
  });

  it('puts the functions that use the token into a network that reaches it, and no others', () => {
    for (const name of ofKeys) expect(at(lambda(name), 'VpcConfig', 'SubnetIds'), name).toHaveLength(2);
    for (const name of others) expect(lambda(name), name).not.toHaveProperty('VpcConfig');
  });

  it('reaches AWS from that network by endpoints', () => {
    const services = parties.deployed
      .all('AWS::EC2::VPCEndpoint')
      .map(({ Properties }) => String(Properties['ServiceName']).replace(/^com\.amazonaws\.us-west-2\./, ''));
    expect(services.sort()).toEqual(['dynamodb', 'events', 'lambda', 's3', 'secretsmanager', 'sqs']);
  });

  it('lets nothing into the functions, and them out to the token and by HTTPS alone', () => {
    const group = parties.deployed.only(
      parties.deployed.service,
      'AWS::EC2::SecurityGroup',
      'TokenFunctions',
    );
    expect(group.Properties).not.toHaveProperty('SecurityGroupIngress');
    expect(group.Properties['SecurityGroupEgress']).toMatchObject([
      { CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 },
      { CidrIp: '10.20.0.0/16', FromPort: 2223, ToPort: 2225 },
    ]);
  });

  it('lets the code of no function make a network interface, though AWS Lambda may for it', () => {
    const asked = { action: 'ec2:CreateNetworkInterface', resource: '*' };
    expect(parties.functionsThatMay(asked)).toEqual(ofKeys);
    const byCode = { 'lambda:SourceFunctionArn': 'arn:aws:lambda:us-west-2:111122223333:function:x' };
    expect(parties.functionsThatMay({ ...asked, context: byCode })).toEqual([]);
  });

  it('builds the binding to the token at the very versions that everything here is tried with', () => {
    const packagesOf = (path: string): Record<string, unknown> =>
      recordOf(recordOf(JSON.parse(readFileSync(join(repository, path), 'utf8')))['packages']);
    const { '': _, ...image } = packagesOf('infra/token-image/package-lock.json');
    const own = packagesOf('package-lock.json');
    expect(Object.keys(image)).toContain('node_modules/pkcs11js');
    for (const [name, entry] of Object.entries(image)) {
      const { optional: __, ...tried } = { optional: true, ...recordOf(own[name]) };
      expect(entry, name).toEqual(tried);
    }
  });

  it('builds the image from a Dockerfile and the code of those functions, and of no others', () => {
    const entries = new Set(ofKeys.map((name) => functions[name].entry));
    const inImage = made.imageFiles.filter((file) => file.endsWith('index.mjs'));
    expect(new Set(inImage)).toEqual(new Set([...entries].map((entry) => `functions/${entry}/index.mjs`)));
    expect(made.imageFiles).toContain('Dockerfile');
  });
});
