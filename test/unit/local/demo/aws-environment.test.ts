import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsKmsOf, leadOnlyTo } from '#local/demo/aws-environment.ts';

const root = mkdtempSync(join(tmpdir(), 'escrow-aws-environment-'));
const bare = join(root, 'bare');
const withFile = join(root, 'with-file');

beforeAll(() => {
  mkdirSync(join(withFile, '.aws'), { recursive: true });
  writeFileSync(join(withFile, '.aws', 'credentials'), '');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('where the environment leads calls of AWS KMS', () => {
  it.each([
    [{}, 'none'],
    [{ AWS_PAGER: 'less', AWS_REGION: '', AWS_ENDPOINT_URL: '' }, 'none'],
    [{ AWS_ENDPOINT_URL_S3: 'http://localhost:1' }, 'none'],
    [{ AWS_REGION: 'eu-central-1' }, 'aws'],
    [{ AWS_PROFILE: 'work' }, 'aws'],
    [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.2/' }, 'aws'],
    [{ AWS_ENDPOINT_URL: 'http://localhost:4566' }, 'http://localhost:4566'],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_KMS: 'http://b', AWS_REGION: 'c' }, 'http://b'],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, 'none'],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'True', AWS_REGION: 'c' }, 'aws'],
    [{ AWS_ENDPOINT_URL_KMS: 'https://kms.eu-central-1.amazonaws.com' }, 'aws'],
    [{ AWS_ENDPOINT_URL_KMS: 'https://vpce-1.kms.eu-central-1.vpce.amazonaws.com/' }, 'aws'],
    [{ AWS_ENDPOINT_URL_KMS: 'https://KMS.cn-north-1.AMAZONAWS.com.cn' }, 'aws'],
    [{ AWS_ENDPOINT_URL_KMS: 'https://kms.eu-central-1.api.aws' }, 'aws'],
    [{ AWS_ENDPOINT_URL_KMS: 'https://amazonaws.com.example.org' }, 'https://amazonaws.com.example.org'],
    [{ AWS_ENDPOINT_URL_KMS: 'nonsense' }, 'nonsense'],
  ])('is read: %j', (environment, where) => {
    const isKind = ['none', 'aws'].includes(where);
    const variable = 'AWS_ENDPOINT_URL_KMS' in environment ? 'AWS_ENDPOINT_URL_KMS' : 'AWS_ENDPOINT_URL';
    expect(awsKmsOf(environment, bare)).toEqual(
      isKind ? { kind: where } : { kind: 'endpoint', endpoint: where, variable },
    );
  });

  it('is AWS where a file of credentials stands', () => {
    expect(awsKmsOf({}, withFile)).toEqual({ kind: 'aws' });
  });
});

describe('an environment that leads to one place only', () => {
  it('keeps nothing of AWS that could lead elsewhere, and all the rest', () => {
    const environment: Record<string, string | undefined> = {
      PATH: '/bin',
      AWS_PROFILE: 'work',
      AWS_SESSION_TOKEN: 'token',
      AWS_ENDPOINT_URL: 'http://elsewhere',
    };
    leadOnlyTo({ AWS_ENDPOINT_URL_KMS: 'http://here', AWS_REGION: 'r' }, environment);
    expect(environment).toEqual({
      PATH: '/bin',
      AWS_ENDPOINT_URL_KMS: 'http://here',
      AWS_REGION: 'r',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
  });
});
