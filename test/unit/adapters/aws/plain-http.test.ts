import { afterEach, describe, expect, it } from 'vitest';
import { refusePlainHttp } from '#adapters/aws/plain-http.ts';
import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import { readSecret } from '#adapters/secrets-manager/secret.ts';

const refused = {
  code: 'provider-misconfigured',
  message: 'endpoint: the AWS endpoint that is set is on another machine, and not https',
};

describe('refusePlainHttp', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]', '::1'])('lets this machine be: %s', (hostname) => {
    expect(() => refusePlainHttp({ protocol: 'http:', hostname })).not.toThrow();
  });

  it.each(['10.0.0.1', 'kms.example', '127.0.0.1.example', 'localhost.example', '128.0.0.1', '[::2]', ''])(
    'refuses another machine: %j',
    (hostname) => {
      expect(() => refusePlainHttp({ protocol: 'http:', hostname })).toThrow(
        expect.objectContaining(refused),
      );
      expect(() => refusePlainHttp({ protocol: 'https:', hostname })).not.toThrow();
    },
  );
});

describe('an AWS endpoint of another machine without encryption', () => {
  const names = [
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_KMS',
    'AWS_REGION',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ];
  const before = names.map((name) => [name, process.env[name]] as const);
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  // TEST-NET-1 (RFC 5737): nobody answers there, so a request that left would end otherwise.
  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_KMS'])('is sent nothing, by %s', async (name) => {
    delete process.env['AWS_ENDPOINT_URL_KMS'];
    const credentials = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' };
    Object.assign(process.env, { ...credentials, AWS_REGION: 'eu-west-1', [name]: 'http://192.0.2.1:8080' });
    await expect(openKmsProvider({ createOwnKeys: false })).rejects.toMatchObject(refused);
    if (name === 'AWS_ENDPOINT_URL') await expect(readSecret('pin')).rejects.toMatchObject(refused);
  });
});
