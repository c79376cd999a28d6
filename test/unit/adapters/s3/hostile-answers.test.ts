import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openS3Vault, type S3Vault } from '#adapters/s3/s3-vault.ts';
import { StoreError } from '#domain/errors.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { thrownBy } from '#test/support/refused.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';

type Headers = Record<string, string | number>;
type Answer = (response: ServerResponse) => void;

const name = 'acme/e-1/a-1.pfx';
const version = 'a'.repeat(32);
const bytes = Buffer.from('the bytes of a backup');
const sha256Of = (content: Buffer) => createHash('sha256').update(content).digest('base64');
const until = new Date('2030-01-01T00:00:00.000Z');

/** What an object's headers say that is as it should be. */
const sound: Headers = {
  'x-amz-version-id': version,
  'x-amz-checksum-sha256': sha256Of(bytes),
  'x-amz-object-lock-mode': 'COMPLIANCE',
  'x-amz-object-lock-retain-until-date': until.toISOString(),
  'content-length': bytes.length,
};

let server: Server;
let vault: S3Vault;
let answer: Answer;

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${address.port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  });
  vault = openS3Vault({ bucket: 'backups', waiting: fakeWaiting(), callMilliseconds: 500 });
});
afterEach(() => {
  vault.close();
  server.closeAllConnections();
  server.close();
});

const withHeaders =
  (headers: Headers, body?: Buffer | string): Answer =>
  (response) => {
    response.writeHead(200, headers);
    response.end(body);
  };

describe('a write that is answered', () => {
  it.each<[string, Headers, string]>([
    ['without a version', {}, 'store-misconfigured'],
    ['as of a bucket without versions', { 'x-amz-version-id': 'null' }, 'store-misconfigured'],
    [
      'with the checksum of other bytes',
      { 'x-amz-version-id': version, 'x-amz-checksum-sha256': sha256Of(Buffer.alloc(1)) },
      'object-damaged',
    ],
  ])('%s does not count', async (_, headers, code) => {
    answer = withHeaders(headers);
    expect(await outcomeOf(vault.put(name, bytes, until))).toBe(code);
  });

  it('with a page of HTML does not count', async () => {
    answer = withHeaders({ 'content-type': 'text/html' }, '<html>Sign in to the guest network</html>');
    expect(await outcomeOf(vault.put(name, bytes, until))).toBe('store-misconfigured');
  });
});

describe('a description', () => {
  it('is taken where all is as it should be', async () => {
    answer = withHeaders(sound);
    const sha256 = Buffer.from(sha256Of(bytes), 'base64').toString('hex');
    expect(await vault.describe(name, version)).toEqual({
      name,
      version,
      sha256,
      size: bytes.length,
      retainUntil: until,
    });
  });

  it.each<[string, string, string | undefined, string]>([
    ['no checksum', 'x-amz-checksum-sha256', undefined, 'SHA-256'],
    ['the checksum of parts', 'x-amz-checksum-sha256', `${sha256Of(bytes)}-2`, 'SHA-256'],
    ['a checksum of another length', 'x-amz-checksum-sha256', 'AAAA', 'SHA-256'],
    ['no version', 'x-amz-version-id', undefined, 'version'],
    ['no version of its own', 'x-amz-version-id', 'null', 'version'],
    ['no retention', 'x-amz-object-lock-retain-until-date', undefined, 'retention'],
    ['a retention that an administrator lifts', 'x-amz-object-lock-mode', 'GOVERNANCE', 'COMPLIANCE'],
    ['no size', 'content-length', undefined, 'size'],
  ])('with %s is that of a damaged object', async (_, header, value, word) => {
    const { [header]: _left, ...others } = sound;
    answer = withHeaders(value === undefined ? others : { ...others, [header]: value });
    const error = await thrownBy(() => vault.describe(name, version));
    expect(error.code).toBe('object-damaged');
    expect(error.message).toContain(word);
  });

  it('of another version is none of this one', async () => {
    answer = withHeaders({ ...sound, 'x-amz-version-id': 'b'.repeat(32) });
    expect(await outcomeOf(vault.describe(name, version))).toBe('object-missing');
  });
});

describe('bytes that are read', () => {
  it.each<[string, Headers, Buffer]>([
    ['with no checksum', { 'content-length': bytes.length }, bytes],
    ['with a checksum that is none', { 'x-amz-checksum-sha256': 'nonsense' }, bytes],
    ['with the checksum of others', { 'x-amz-checksum-sha256': sha256Of(bytes) }, Buffer.from('other bytes')],
    ['as nothing, with the checksum of some', { 'x-amz-checksum-sha256': sha256Of(bytes) }, Buffer.alloc(0)],
  ])('%s are damaged', async (_, headers, body) => {
    answer = withHeaders(headers, body);
    expect(await outcomeOf(vault.read(name, version))).toBe('object-damaged');
  });

  it('and stop coming are not taken for all', async () => {
    answer = (response) => {
      response.writeHead(200, sound);
      response.write(bytes.subarray(0, 5), () => response.destroy());
    };
    expect(await outcomeOf(vault.read(name, version))).toBe('store-unavailable');
  });
});

describe('a list', () => {
  const list = (content: string) =>
    withHeaders(
      { 'content-type': 'application/xml' },
      `<?xml version="1.0" encoding="UTF-8"?><ListVersionsResult><Name>backups</Name>${content}</ListVersionsResult>`,
    );

  it.each([
    ['goes on nowhere', list('<IsTruncated>true</IsTruncated>')],
    ['names an object without a version', list('<Version><Key>a</Key><Size>1</Size></Version>')],
    ['names an object without a size', list('<Version><Key>a</Key><VersionId>v</VersionId></Version>')],
    [
      'breaks off',
      withHeaders(
        { 'content-type': 'application/xml' },
        '<?xml version="1.0"?><ListVersionsResult><Version>',
      ),
    ],
    [
      'is a page of HTML',
      withHeaders({ 'content-type': 'text/html' }, '<html>Sign in to the guest network</html>'),
    ],
    ['is of another bucket', withHeaders({}, '<ListVersionsResult><Name>others</Name></ListVersionsResult>')],
    ['is none', withHeaders({ 'content-type': 'application/json' }, '{"Versions": "none"}')],
  ])('that %s is not taken for the end', async (_, hostile) => {
    answer = hostile;
    const error = await thrownBy(() => vault.list(''));
    expect(error).toBeInstanceOf(StoreError);
    expect(error.code).toBe('store-unavailable');
  });

  it('that is empty is empty', async () => {
    answer = list('<IsTruncated>false</IsTruncated>');
    expect(await vault.list('')).toEqual({ items: [] });
  });

  it('tells of markers as of nothing', async () => {
    answer = list('<DeleteMarker><Key>a</Key><VersionId>v</VersionId></DeleteMarker>');
    expect(await vault.list('')).toEqual({ items: [] });
  });
});

describe('an answer that nobody understands', () => {
  it.each([
    ['read', () => vault.read(name, version)],
    ['describe', () => vault.describe(name, version)],
    ['extendRetention', () => vault.extendRetention(name, version, until)],
  ] as const)('ends %s with an error of ours that repeats nothing of it', async (_, call) => {
    answer = (response) => {
      response.writeHead(418, { 'content-type': 'text/plain' });
      response.end('the secret of the teapot');
    };
    const error = await thrownBy(call);
    expect(['internal', 'store-unavailable']).toContain(error.code);
    expect(`${error.message} ${error.next}`).not.toContain('teapot');
  });
});
