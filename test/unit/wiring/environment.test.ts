import { describe, expect, it } from 'vitest';
import { environmentNames as names } from '#contract/environment.ts';
import { environmentOf } from '#contract/function-environment.ts';
import { type FunctionName, functions } from '#contract/functions.ts';
import { SetUpError } from '#domain/errors.ts';
import { environmentOfFunction } from '#test/support/function-environment.ts';
import { given, readEnvironment } from '#wiring/environment.ts';
import { readTokenSettings } from '#wiring/tokens.ts';

const secret = 'marked-secret';

/** What reading an environment throws. */
function refusal(name: FunctionName, change: Readonly<Record<string, string | undefined>>): SetUpError {
  try {
    readEnvironment({ ...environmentOfFunction(name), ...change }, [name]);
  } catch (error) {
    if (error instanceof SetUpError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the environment of a function', () => {
  it('is read whole, JSON parsed', () => {
    const environment = readEnvironment(environmentOfFunction('set-password'), ['set-password']);
    expect(given(environment, names.functionName)).toBe('set-password');
    expect(given(environment, names.keyPairMakers)).toStrictEqual({
      identity: 'test-identity',
      encryption: 'test-encryption',
    });
  });

  it('must have every variable of its function, and says which one it lacks', () => {
    for (const name of environmentOf(functions['export-copy'], 'kms')) {
      const { code, details } = refusal('export-copy', { [name]: undefined });
      expect({ code, field: details.field }).toStrictEqual({ code: 'not-set-up', field: name });
    }
  });

  it('needs nothing that its function is not told', () => {
    const environment = readEnvironment(environmentOfFunction('show-enrollment'), ['show-enrollment']);
    expect(() => given(environment, names.backupBucket)).toThrow(SetUpError);
  });

  it.for([
    [names.functionName, 'export-copy'],
    [names.stage, ''],
    [names.queueUrls, `{"${secret}`],
    [names.queueUrls, `{"request-enrollment":"${secret}"}`],
    [names.queueUrls, `["${secret}"]`],
    [names.activityTable, ''],
  ] as const)('is refused if %s is %j, and the refusal repeats no value', ([name, value]) => {
    const error = refusal('notify-subscriber', { [name]: value });
    expect(error.code).toBe('not-set-up');
    expect(error.message.startsWith(name)).toBe(true);
    expect(`${error.message} ${error.next}`).not.toContain(secret);
  });

  it.for([
    [names.custody, 'software'],
    [names.kmsKeySource, 'token'],
    [names.resource, 'https://escrow.example/'],
    [names.resource, 'escrow'],
    [names.keyPairMakers, '{"identity":"a"}'],
    [names.tokenSettings, 'none'],
  ] as const)('is refused if %s is %j', ([name, value]) => {
    expect(refusal('set-password', { [name]: value }).details.field?.startsWith(name)).toBe(true);
  });

  it('says which setting of the access tokens is at fault', () => {
    const settings = { [names.tokenSettings]: '{"issuer":"http://example.org","audience":"a"}' };
    const variables = { ...environmentOfFunction('show-enrollment'), ...settings };
    const environment = readEnvironment(variables, ['show-enrollment']);
    const field = `${names.tokenSettings}: issuer`;
    expect(() => readTokenSettings({ environment })).toThrow(
      expect.objectContaining({ code: 'not-set-up', details: expect.objectContaining({ field }) }),
    );
  });
});
