import type { Sent } from './api-client.ts';
import { exportBody, requestBody } from './enrolling.ts';

/** Who asks for what, and how. */
type Asking = [subject: string, method: string, target: string, sent?: Sent];

/**
 * Requests that carry a secret where none belongs, as people and programs do: each is refused.
 * @param enrollmentId one that is Ada's
 */
export function misplaced(enrollmentId: string): [place: string, of: (secret: string) => Asking][] {
  const path = `/v1/enrollments/${enrollmentId}`;
  const post = (target: string, body: unknown, headers = {}): Asking => [
    'ada',
    'POST',
    target,
    { body, headers },
  ];
  const requested = (body: unknown, headers = {}): Asking => [
    'workflow',
    'POST',
    '/v1/enrollments',
    { body, headers },
  ];
  return [...inBodies(path, post, requested), ...inAddresses(path), ...inHeaders(path), ...atTheIssuer()];
}

type Post = (target: string, body: unknown, headers?: Record<string, string>) => Asking;
type Requested = (body: unknown, headers?: Record<string, string>) => Asking;
type Misplaced = [place: string, of: (secret: string) => Asking];

function inBodies(path: string, post: Post, requested: Requested): Misplaced[] {
  const text = { 'content-type': 'text/plain' };
  return [
    ['an unknown field', (secret) => requested({ ...requestBody('ada'), password: secret })],
    [
      'an unknown field within',
      (secret) => requested({ ...requestBody('ada'), subscriber: { id: 'ada', pin: secret } }),
    ],
    ['a wrong word', (secret) => requested(requestBody('ada', { purpose: secret }))],
    ['a key spec', (secret) => requested(requestBody('ada', { keySpec: secret }))],
    ['an address', (secret) => requested({ ...requestBody('ada'), subscriber: { id: 'a', email: secret } })],
    [
      'a recipient key',
      (secret) => requested(requestBody('ada', { recipientKey: { kty: 'oct', k: secret } })),
    ],
    ['no object', (secret) => post(`${path}/password`, `"${secret}"`)],
    ['a list', (secret) => post(`${path}/password`, [secret])],
    ['JSON that breaks off', (secret) => post(`${path}/password`, `{"password":"${secret}`)],
    [
      'a name that stands there twice',
      (secret) => post(`${path}/password`, `{"password":"x","password":"${secret}"}`),
    ],
    ['a misspelt field', (secret) => post(`${path}/password`, { passwort: secret })],
    ['a field too many', (secret) => post(`${path}/password`, { password: secret, repeated: secret })],
    ['a wrong type', (secret) => post(`${path}/password`, { password: { text: secret } })],
    ['plain text', (secret) => post(`${path}/password`, `password=${secret}`, text)],
    ['an unlocking of another kind', (secret) => post(`${path}/exports`, exportBody(secret, { is: secret }))],
    [
      'a wrapped key',
      (secret) =>
        post(
          `${path}/exports`,
          {
            unlock: { by: 'wrapped-key', wrappedKey: secret },
            filePassword: { is: 'generated' },
          },
          { accept: 'application/json' },
        ),
    ],
    ['a confirmation', (secret) => post(`${path}/destruction`, { confirm: secret })],
    [
      'the user of a target',
      (secret) => ['root', 'POST', '/v1/webhooks', { body: { url: `https://me:${secret}@example.org/` } }],
    ],
    [
      'a type of events',
      (secret) => [
        'root',
        'POST',
        '/v1/webhooks',
        { body: { url: 'https://example.org/', types: [secret] } },
      ],
    ],
    [
      'a setting',
      (secret) => ['root', 'PATCH', '/v1/organization', { body: { secret }, headers: { 'if-match': '"1"' } }],
    ],
  ];
}

function inAddresses(path: string): Misplaced[] {
  const asked = (target: string): Asking => ['ada', 'GET', target];
  return [
    ['an unknown parameter', (secret) => asked(`/v1/enrollments?password=${secret}`)],
    ['a cursor', (secret) => asked(`/v1/enrollments?cursor=${secret}`)],
    ['a number', (secret) => asked(`/v1/enrollments?limit=${secret}`)],
    [
      'a parameter beside a body',
      (secret) => ['ada', 'POST', `${path}/exports?password=${secret}`, { body: exportBody('x') }],
    ],
    ['a path that is none', (secret) => asked(`/v1/passwords/${secret}`)],
    ['an address of its own', (secret) => asked(`/${secret}`)],
    ['the id of an enrollment', (secret) => asked(`/v1/enrollments/${secret}`)],
    [
      'the id of an enrollment to set a password of',
      (secret) => ['ada', 'POST', `/v1/enrollments/${secret}/password`, { body: { password: secret } }],
    ],
    ['the id of a receipt', (secret) => asked(`${path}/receipts/${secret.replaceAll('-', '_')}`)],
    ['the enrollment to follow', (secret) => asked(`/v1/events?enrollmentId=${secret}`)],
    ['the id of a dead letter', (secret) => ['root', 'POST', `/v1/dead-letters/${secret}/redrive`]],
    ['the id of a webhook', (secret) => ['root', 'DELETE', `/v1/webhooks/${secret}`]],
  ];
}

function inHeaders(path: string): Misplaced[] {
  const asked = (headers: Record<string, string>, target = path): Asking => [
    'ada',
    'GET',
    target,
    { headers },
  ];
  const notThere = `${path}x`;
  return [
    ['a token', (secret) => asked({ authorization: `Bearer ${secret}` })],
    ['another kind of authorization', (secret) => asked({ authorization: `Basic ${btoa(`ada:${secret}`)}` })],
    ['a header of its own', (secret) => asked({ 'x-password': secret }, notThere)],
    ['a cookie', (secret) => asked({ cookie: `password=${secret}` }, notThere)],
    ['a media type', (secret) => asked({ accept: `text/${secret}` })],
    [
      'the media type of a body',
      (secret) => ['ada', 'POST', `${path}/password`, { body: '{}', headers: { 'content-type': secret } }],
    ],
    [
      'what was seen last',
      (secret) => ['root', 'GET', '/v1/events', { headers: { 'last-event-id': secret } }],
    ],
    [
      'a version',
      (secret) => [
        'root',
        'PATCH',
        '/v1/organization',
        { body: { name: 'X' }, headers: { 'if-match': secret } },
      ],
    ],
    ['a trace', (secret) => asked({ traceparent: secret, tracestate: `password=${secret}` }, notThere)],
    ['the name of a request', (secret) => asked({ 'x-request-id': `password: ${secret}` }, notThere)],
    [
      'an idempotency key',
      (secret) => [
        'workflow',
        'POST',
        '/v1/enrollments',
        { body: { secret: 1 }, headers: { 'idempotency-key': secret } },
      ],
    ],
  ];
}

function atTheIssuer(): Misplaced[] {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const signIn = (fields: Record<string, string>): Asking => [
    'ada',
    'POST',
    '/identity/token',
    {
      body: new URLSearchParams({ grant_type: 'password', client_id: 'escrow-cli', ...fields }).toString(),
      headers: form,
    },
  ];
  return [
    ['a wrong password at sign-in', (secret) => signIn({ username: 'ada', password: secret })],
    ['a name at sign-in', (secret) => signIn({ username: secret, password: secret })],
    ['an unknown parameter at sign-in', (secret) => signIn({ username: 'ada', pin: secret })],
    [
      'the secret of a client',
      (secret) => signIn({ client_id: 'workflow', client_secret: secret, grant_type: 'client_credentials' }),
    ],
    [
      'an address of the issuer',
      (secret) => ['ada', 'GET', `/identity/auth?password=${secret}&client_id=${secret}`],
    ],
    [
      'an account',
      (secret) => ['root', 'POST', '/identity/accounts', { body: { subject: 'x', pin: secret } }],
    ],
    [
      'a weak password of an account',
      (secret) => [
        'root',
        'POST',
        '/identity/accounts',
        { body: { subject: 'x', displayName: 'x', roles: ['auditor'], password: secret.slice(0, 11) } },
      ],
    ],
    ['an account to remove', (secret) => ['root', 'DELETE', `/identity/accounts/${secret}`]],
    ['the set-up code', (secret) => ['root', 'GET', '/identity/accounts', { token: secret }]],
  ];
}
