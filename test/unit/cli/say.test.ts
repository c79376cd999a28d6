import { describe, expect, it } from 'vitest';
import { errorTable } from '#domain/error-codes.ts';
import { AccessError, ConnectionError, InputError, SetUpError, StoreError } from '#domain/errors.ts';
import { say, statusOf } from '../../../cli/say.ts';
import { problemOf } from '../../../cli/server/problem.ts';

const document = {
  type: 'urn:enrollment-key-escrow:error:x',
  title: 't',
  status: 400,
  detail: 'something is wrong',
  code: 'invalid-input',
  next: 'Mend it.',
  requestId: 'req_1',
  retryable: false,
};
const problem = (change: object) => {
  const whole = { ...document, ...change };
  return problemOf(whole.status, whole);
};

function said(error: unknown): string {
  const lines: string[] = [];
  say({ message: (line) => lines.push(line), data: async () => {}, isClosed: () => false }, error);
  return lines.join('\n');
}

describe('what is said of a refusal', () => {
  it('is a sentence, a next step and the code', () => {
    expect(said(problem({}))).toBe('escrow: Something is wrong. Mend it. (invalid-input)');
  });

  it('names a field as it is written, and each where there are several', () => {
    const issues = [
      { field: 'url', why: 'is not HTTPS', next: 'Send an HTTPS URL.' },
      { field: 'types.0', why: 'is empty', next: 'Fill it in.' },
    ];
    expect(said(problem({ detail: 'url: is not HTTPS', issues }))).toBe(
      [
        'escrow: url: is not HTTPS. Mend it. (invalid-input)',
        '  url: is not HTTPS. Send an HTTPS URL.',
        '  types.0: is empty. Fill it in.',
      ].join('\n'),
    );
  });

  it('names whom to ask, and the request where the service itself may be at fault', () => {
    const text = said(problem({ status: 500, code: 'internal', contact: 'help@example.org' }));
    expect(text).toMatch(/\n {2}ask: help@example\.org\n {2}request: req_1$/);
  });

  it.each(['detail', 'next'])('names whom to ask once, where the %s names that one', (field) => {
    const text = said(problem({ [field]: 'Ask help@example.org.', contact: 'help@example.org' }));
    expect(text.match(/help@example\.org/g)).toHaveLength(1);
    expect(text).not.toContain('ask: ');
  });

  it('shows nothing that moves the cursor, whatever the server says', () => {
    const text = said(
      problem({ detail: '\u001b[2Jgone', next: 'a\u202eb\r', requestId: '\u0007', status: 500 }),
    );
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it('of this program itself names each field, too', () => {
    const issues = [
      { field: 'name', why: 'is empty', next: 'Fill it in.' },
      { field: 'contact', why: 'is missing', next: 'Add it.' },
    ];
    const error = new InputError('invalid-input', { ...issues[0], issues });
    expect(said(error)).toMatch(
      /^escrow: name: is empty\. .*\n {2}name: .*\n {2}contact: is missing\. Add it\.$/,
    );
  });

  it('of what nobody expected is nothing of it', () => {
    expect(said(new TypeError('secret in a message'))).not.toContain('secret');
  });
});

describe('the exit status', () => {
  it.each([
    [new SetUpError('usage'), 2],
    [new SetUpError('refuses-to-overwrite'), 1],
    [new AccessError('sign-in-required'), 4],
    [new ConnectionError('server-unreachable'), 5],
    [new ConnectionError('answer-unknown'), 1],
    [new StoreError('store-unavailable'), 1],
    [problem({ code: 'not-permitted', status: 403 }), 4],
    [problem({ code: 'token-invalid', status: 401 }), 4],
    [problem({ code: 'fresh-sign-in-required', status: 401 }), 4],
    [problem({ code: 'not-found', status: 404 }), 1],
    [problem({ code: 'too-many-requests', status: 429, retryable: true }), 5],
    [problem({ code: 'store-unavailable', status: 503, retryable: true }), 5],
    [problem({ code: 'usage', status: 409 }), 1],
    [problem({ code: 'code-of-tomorrow', status: 409 }), 1],
    [problemOf(502, '<html>'), 5],
    [problemOf(418, '<html>'), 1],
    [new TypeError('x'), 1],
  ])('of %o is %i', (error, status) => expect(statusOf(error)).toBe(status));

  it('is one of the documented ones for every code', () => {
    for (const code of Object.keys(errorTable)) expect([1, 4, 5]).toContain(statusOf(problem({ code })));
  });
});
