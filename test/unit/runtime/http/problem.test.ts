import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import {
  AccessError,
  type ErrorDetails,
  EscrowError,
  InputError,
  LimitError,
  LockError,
  PolicyError,
} from '#domain/errors.ts';
import { problemResponse } from '#runtime/http/problem.ts';

/** What each code is answered with, written out: whoever changes one changes what programs are told. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  'invalid-input': 400,
  'key-spec-below-floor': 400,
  'recipient-key-invalid': 400,
  'password-not-ascii': 400,
  'password-too-weak': 400,
  'idempotency-mismatch': 409,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'not-acceptable': 406,
  'no-such-route': 404,
  'method-not-allowed': 405,
  'too-many-requests': 429,
  'sign-in-required': 401,
  'token-invalid': 401,
  'fresh-sign-in-required': 401,
  'not-found': 404,
  'not-permitted': 403,
  'wrong-password': 403,
  'wrong-unlocking': 403,
  'enrollment-locked': 403,
  'enrollment-blocked': 403,
  'enrollment-refused': 403,
  'escrow-impossible': 403,
  'export-refused': 403,
  'wrong-state': 409,
  'making-in-progress': 409,
  'escrow-due': 409,
  'escrow-in-progress': 409,
  'already-exists': 409,
  'version-conflict': 409,
  'precondition-failed': 412,
  'pfx-malformed': 422,
  'pfx-too-large': 422,
  'pfx-unsupported': 422,
  'pfx-foreign-content': 422,
  'pfx-not-by-password': 422,
  'pfx-unsafe-parameters': 422,
  'pfx-costly': 422,
  'pfx-unprotected': 422,
  'pfx-key-count': 422,
  'pfx-no-mac': 422,
  'pfx-wrong-password-or-damaged': 422,
  'pfx-parts-differ': 422,
  'pfx-key-damaged': 422,
  'pfx-key-mismatch': 422,
  'pfx-other-key': 422,
  'escrow-not-made': 503,
  'proof-failed': 503,
  'canary-overdue': 500,
  'receipt-invalid': 500,
  'checkpoint-invalid': 500,
  'dossier-invalid': 500,
  'checkpoint-key-unknown': 500,
  'ledger-unreadable': 500,
  'sealed-passphrase-invalid': 500,
  'provider-unavailable': 503,
  'provider-busy': 503,
  'provider-access-denied': 500,
  'operation-cancelled': 503,
  'key-disabled': 500,
  'key-pending-deletion': 500,
  'issuer-unavailable': 503,
  'provider-misconfigured': 500,
  'provider-incapable': 409,
  'key-not-found': 500,
  'wrapped-key-invalid': 500,
  'key-not-exportable': 409,
  'store-unavailable': 503,
  'store-misconfigured': 500,
  'record-too-large': 500,
  'object-missing': 500,
  'object-damaged': 500,
  'retention-shortened': 500,
  'retention-locked': 500,
  'webhook-failed': 422,
  'webhook-redirected': 422,
  'webhook-target-refused': 422,
  'data-folder-in-use': 409,
  'not-set-up': 409,
  'refuses-to-overwrite': 409,
  'server-unreachable': 502,
  'answer-unknown': 502,
  'sign-in-failed': 502,
  usage: 409,
  internal: 500,
  'timed-out': 503,
};

function problemOf(error: EscrowError, headers?: Record<string, string>) {
  const { status, headers: sent, body } = problemResponse(error, 'req-1', headers);
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : '';
  return { status, headers: sent, text, document: JSON.parse(text) };
}

const codes = Object.entries(statuses)
  .map(([code]) => code)
  .filter(isCode);

function isCode(name: string): name is ErrorCode {
  return Object.hasOwn(statuses, name);
}

/** Says nothing that would have to be kept from a caller; its cause says everything. */
function troubled(code: ErrorCode, details: ErrorDetails = {}): EscrowError {
  const cause = new Error('marked cause', { cause: { password: 'marked password' } });
  return new EscrowError(code, { ...details, cause });
}

describe.each(codes)('the problem document of %s', (code) => {
  const { status, headers, text, document } = problemOf(troubled(code));
  const { meaning, next, retry } = errorTable[code];

  it('has the status that belongs to the code, in the answer and in itself', () => {
    expect([status, document.status]).toEqual([statuses[code], statuses[code]]);
  });

  it('says what the code means and what to do next, in whole sentences', () => {
    expect(document).toMatchObject({
      type: `urn:enrollment-key-escrow:error:${code}`,
      title: meaning,
      code,
      next,
      requestId: 'req-1',
      retryable: retry,
    });
    expect(document.detail).toMatch(/^\p{Lu}.*\.$/u);
    expect(headers['content-type']).toBe('application/problem+json');
  });

  it('holds nothing of the cause, nor of a stack', () => {
    expect(text).not.toMatch(/marked|cause|\.ts|node:/);
    expect(JSON.stringify(headers)).not.toContain('marked');
  });

  it('says when to come again, exactly where that may help', () => {
    expect(headers['retry-after']).toBe(retry ? '1' : undefined);
  });

  it('tells how to be let in, exactly where that is what is missing', () => {
    expect(headers['www-authenticate'] !== undefined).toBe(status === 401);
  });
});

describe('a problem document', () => {
  it('has every code of the table', () => {
    expect(Object.keys(statuses).sort()).toEqual(Object.keys(errorTable).sort());
  });

  it('names each field at fault, with what to do', () => {
    const issues = [
      { field: 'subscriber.email', why: 'is missing', next: 'Add it.' },
      { field: 'purpose', why: 'is not one of the known words', next: 'Use one of: identity, encryption.' },
    ];
    const { document } = problemOf(new InputError('invalid-input', { ...issues[0], issues }));
    expect(document.issues).toEqual(issues);
    expect(document.detail).toBe('subscriber.email: is missing.');
  });

  it('names whom to ask, and which rules decided', () => {
    const details = {
      contact: 'helpdesk@acme.example',
      rules: ['identity-medium'],
      why: 'a rule forbids it',
    };
    expect(problemOf(new PolicyError('export-refused', details)).document).toMatchObject({
      contact: 'helpdesk@acme.example',
      rules: ['identity-medium'],
      detail: 'A rule forbids it.',
    });
  });

  it('of what failed inside says nothing but that, whatever the error says', () => {
    const inside = troubled('internal', { why: 'marked why', next: 'marked next', field: 'marked' });
    const { text, document } = problemOf(inside);
    expect(text).not.toContain('marked');
    expect(document.detail).toBe(errorTable.internal.meaning);
  });

  it('has no member of which there is nothing to say', () => {
    expect(Object.keys(problemOf(new LockError('wrong-password')).document).sort()).toEqual(
      ['type', 'title', 'status', 'detail', 'code', 'next', 'requestId', 'retryable'].sort(),
    );
  });

  it('comes with the headers of its case', () => {
    const limited = new LimitError('too-many-requests', { retryAfterSeconds: 7 });
    expect(problemOf(limited).headers['retry-after']).toBe('7');
    expect(problemOf(new InputError('method-not-allowed'), { allow: 'GET, HEAD' }).headers['allow']).toBe(
      'GET, HEAD',
    );
  });
});

describe('the challenge', () => {
  const challengeOf = (code: 'sign-in-required' | 'token-invalid' | 'fresh-sign-in-required') =>
    problemOf(new AccessError(code, { field: 'access token', why: 'has expired' })).headers[
      'www-authenticate'
    ];

  it('without a token names no error, and where to get one (RFC 6750 section 3.1, RFC 9728 section 5.1)', () => {
    expect(challengeOf('sign-in-required')).toMatch(/^Bearer resource_metadata="[^"]+"$/);
  });

  it('with a bad token says so, and nothing of it', () => {
    expect(challengeOf('token-invalid')).toMatch(/^Bearer error="invalid_token", resource_metadata="[^"]+"$/);
  });

  it('asks for a sign-in of the last five minutes (RFC 9470 section 3)', () => {
    expect(challengeOf('fresh-sign-in-required')).toBe(
      'Bearer error="insufficient_user_authentication", max_age=300',
    );
  });
});
