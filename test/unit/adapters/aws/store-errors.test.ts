import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type StoreService, storeEffectOf, storeError } from '#adapters/aws/store-errors.ts';
import { InternalError, ProviderError, StateError, StoreError } from '#domain/errors.ts';

const service: StoreService = { name: 'Amazon Shelf', page: 'docs/shelf.md', meanings: {} };

function named(name: string, text = name, status = 400): Error {
  const error = Object.assign(new Error(text), { $metadata: { httpStatusCode: status }, $fault: 'client' });
  error.name = name;
  return error;
}

const meanings = [
  ['ProvisionedThroughputExceededException', 'store-unavailable', 'none'],
  ['ThrottlingException', 'store-unavailable', 'none'],
  ['RequestLimitExceeded', 'store-unavailable', 'none'],
  ['SlowDown', 'store-unavailable', 'none'],
  ['ThrottledException', 'store-unavailable', 'none'],
  ['TimeoutError', 'store-unavailable', 'unknown'],
  ['InternalFailure', 'store-unavailable', 'unknown'],
  ['ServiceUnavailable', 'store-unavailable', 'unknown'],
  ['AccessDeniedException', 'store-misconfigured', 'final'],
  ['AuthorizationErrorException', 'store-misconfigured', 'final'],
  ['UnrecognizedClientException', 'store-misconfigured', 'final'],
  ['InvalidAccessKeyId', 'store-misconfigured', 'final'],
  ['ExpiredTokenException', 'store-misconfigured', 'final'],
  ['CredentialsProviderError', 'store-misconfigured', 'final'],
  ['ValidationException', 'internal', 'final'],
  ['AnErrorOfTomorrow', 'internal', 'final'],
] as const;

describe('an error of a service behind a store', () => {
  it.each(meanings)('%s is %s, with effect %s', (name, code, effect) => {
    const thrown = named(name);
    const error = storeError(thrown, service);
    expect(error).toBeInstanceOf(code === 'internal' ? InternalError : StoreError);
    expect(error).toMatchObject({ code, cause: thrown });
    expect(error.next).not.toBe('');
    expect(storeEffectOf(thrown, service)).toBe(effect);
  });

  it.each([500, 502, 503])('of the server (%i) may have been done, whatever its name', (status) => {
    const thrown = named('Whatever', 'x', status);
    expect(storeError(thrown, service).code).toBe('store-unavailable');
    expect(storeEffectOf(thrown, service)).toBe('unknown');
  });

  it.each([
    ['ECONNREFUSED', 'none'],
    ['ENOTFOUND', 'none'],
    ['ECONNRESET', 'unknown'],
    ['ETIMEDOUT', 'unknown'],
  ])('of the network, %s, passes; its effect is %s', (code, effect) => {
    const thrown = Object.assign(new Error('x'), { code, errno: -1, syscall: 'connect' });
    expect(storeError(thrown, service).code).toBe('store-unavailable');
    expect(storeEffectOf(thrown, service)).toBe(effect);
  });

  it('names the permission that is missing, and not who asked', () => {
    const words = 'User: arn:aws:iam::1:user/x is not authorized to perform: shelf:Put on resource: y';
    const error = storeError(named('AccessDeniedException', words), service);
    expect(error.message).toBe('Amazon Shelf does not allow this service shelf:Put');
    expect(error.next).toContain('docs/shelf.md');
  });

  it('says which region is missing', () => {
    expect(storeError(new Error('Region is missing'), service)).toMatchObject({
      code: 'store-misconfigured',
      message: 'no AWS region is set',
    });
  });

  it('of what comes before a request is a store’s too, and one of ours stays as it is', () => {
    const refused = new ProviderError('provider-misconfigured', { field: 'endpoint', why: 'is not https' });
    expect(storeError(refused, service)).toMatchObject({
      code: 'store-misconfigured',
      message: 'endpoint: is not https',
    });
    expect(storeEffectOf(refused, service)).toBe('final');
    const ours = new StateError('version-conflict');
    expect(storeError(ours, service)).toBe(ours);
    expect(storeEffectOf(ours, service)).toBe('final');
    expect(storeEffectOf(new StoreError('store-unavailable'), service)).toBe('unknown');
    const cancelled = new ProviderError('operation-cancelled');
    expect(storeError(cancelled, service)).toBe(cancelled);
  });

  it('keeps no answer that could not be read: it may have been a locked key', () => {
    const unread = Object.assign(new SyntaxError('Unexpected token in eyJhbG'), {
      $response: { body: 'eyJhbGciOi' },
      $metadata: { httpStatusCode: 200 },
    });
    const error = storeError(unread, service);
    expect(error.code).toBe('store-unavailable');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('eyJhbG');
  });
});
