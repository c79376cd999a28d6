import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KMS } from '@aws-sdk/client-kms';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Faults } from '#test/doubles/aws-json/faults.ts';
import { doubleAndClient, errorOf } from './client.ts';

const main = fileURLToPath(import.meta.resolve('#test/doubles/kms/main.ts'));
const signed =
  'AWS4-HMAC-SHA256 Credential=A/20260101/eu-central-1/kms/aws4_request, ' +
  `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`;
const headers = {
  authorization: signed,
  'x-amz-date': amzDate(Date.now()),
  'x-amz-target': 'TrentService.ListKeys',
  'content-type': 'application/x-amz-json-1.1',
};

/** As in `20260101T000000Z`. */
function amzDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

async function typeOf(endpoint: string, changed: Record<string, string>, body = '{}'): Promise<unknown> {
  const answer = await fetch(endpoint, { method: 'POST', headers: { ...headers, ...changed }, body });
  const parsed = v.parse(v.looseObject({ __type: v.optional(v.string(), 'done') }), await answer.json());
  return parsed.__type;
}

describe('the protocol of the stand-in', () => {
  it.each([
    ['a request as the SDK sends it', {}, '{}', 'done'],
    ['one without a signature', { authorization: '' }, '{}', 'IncompleteSignatureException'],
    [
      'one that is signed for another service',
      { authorization: signed.replace('/kms/', '/s3/') },
      '{}',
      'IncompleteSignatureException',
    ],
    [
      'one whose target is not signed',
      { authorization: signed.replace(';x-amz-target', '') },
      '{}',
      'IncompleteSignatureException',
    ],
    ['one without a date', { 'x-amz-date': 'today' }, '{}', 'IncompleteSignatureException'],
    [
      'one of an hour ago',
      { 'x-amz-date': amzDate(Date.now() - 3_600_000) },
      '{}',
      'InvalidSignatureException',
    ],
    ['another protocol', { 'content-type': 'application/json' }, '{}', 'UnknownOperationException'],
    ['another service', { 'x-amz-target': 'secretsmanager.ListKeys' }, '{}', 'UnknownOperationException'],
    ['an unknown operation', { 'x-amz-target': 'TrentService.toString' }, '{}', 'UnknownOperationException'],
    ['what is no JSON', {}, '{', 'SerializationException'],
    ['what is no object', {}, '[]', 'SerializationException'],
  ])('answers %s', async (_, changed, body, type) => {
    const { double } = await doubleAndClient();
    expect(await typeOf(double.endpoint, changed, body)).toBe(type);
  });

  it('answers nobody who has no signature at all', async () => {
    const { double } = await doubleAndClient();
    const answer = await fetch(double.endpoint, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('MissingAuthenticationTokenException');
  });

  it('keeps no key and no message in its log', async () => {
    const { double, kms } = await doubleAndClient();
    const KeyId = (await kms.createKey({})).KeyMetadata?.Arn;
    const Plaintext = Buffer.from('a private key that nobody should see');
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
    await kms.decrypt({ KeyId, CiphertextBlob });
    const log = JSON.stringify(double.log);
    expect(double.log.map(({ operation }) => operation)).toEqual(['CreateKey', 'Encrypt', 'Decrypt']);
    expect(log).not.toContain(Plaintext.toString('base64'));
    expect(log).not.toContain(Buffer.from(CiphertextBlob ?? []).toString('base64'));
  });
});

describe('faults of the stand-in', () => {
  it('happen as often as they were planned, to the operation that they were planned for', async () => {
    const { double, kms } = await doubleAndClient();
    double.faults.throttle('ListKeys', 2);
    const outcomes: string[] = [];
    for (let index = 0; index < 3; index++) outcomes.push(await errorOf(kms.listKeys({})));
    expect(outcomes).toEqual(['ThrottlingException', 'ThrottlingException', 'done']);
    double.faults.plan('ListKeys', { kind: 'refuse', type: 'KMSInternalException', status: 500 });
    expect(await errorOf(kms.listAliases({}))).toBe('done');
    expect(await errorOf(kms.listKeys({}))).toBe('KMSInternalException');
    double.faults.clear();
    expect(await errorOf(kms.listKeys({}))).toBe('done');
  });

  it('lose the answer of what was done, and cut off what was not', async () => {
    const { double, kms } = await doubleAndClient();
    double.faults.plan('CreateKey', { kind: 'lose-answer' }, 1);
    double.faults.plan('CreateKey', { kind: 'cut' }, 1);
    for (let index = 0; index < 2; index++) expect(await errorOf(kms.createKey({}))).not.toBe('done');
    expect(double.account.keys()).toHaveLength(1);
  });

  it('throttle at a rate', () => {
    let now = 0;
    const faults = new Faults(() => now);
    faults.limit('Sign', 2);
    const meet = () => {
      try {
        faults.meet('Sign');
        return 'done';
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
    };
    expect([meet(), meet(), meet()]).toEqual(['done', 'done', 'Rate exceeded']);
    now = 500;
    expect([meet(), meet()]).toEqual(['done', 'Rate exceeded']);
    now = 60_000;
    expect([meet(), meet(), meet()]).toEqual(['done', 'done', 'Rate exceeded']);
  });
});

describe('the command of the stand-in', () => {
  it('says where it is, keeps its keys, and ends with standard input', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'escrow-kms-double-'));
    const run = async (use: (kms: KMS) => Promise<unknown>) => {
      const child = spawn(process.execPath, [main, '--folder', folder], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const [line] = await once(createInterface(child.stdout), 'line');
      const environment = v.record(v.string(), v.string());
      const said = v.parse(v.object({ endpoint: v.string(), environment }), JSON.parse(String(line)));
      Object.assign(process.env, said.environment);
      const kms = new KMS({ maxAttempts: 1 });
      const result = await use(kms);
      kms.destroy();
      child.stdin.end();
      const [status] = await once(child, 'exit');
      expect(status).toBe(0);
      return result;
    };
    const made = await run(async (kms) => (await kms.createKey({})).KeyMetadata?.KeyId);
    const KeyIds = await run(async (kms) => (await kms.listKeys({})).Keys?.map(({ KeyId }) => KeyId));
    expect(KeyIds).toEqual([made]);
    await rm(folder, { recursive: true, force: true });
  });
});
