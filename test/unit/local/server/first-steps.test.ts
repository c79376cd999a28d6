import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstSteps } from '#local/server/first-steps.ts';

const started = {
  url: 'http://127.0.0.1:8420',
  data: '.escrow',
  keys: 'software (for evaluation)',
  issuer: 'http://127.0.0.1:8420/identity',
  organization: 'example',
  isSetUp: true,
  lacks: [],
};

describe('what is said at the start', () => {
  it('is where it listens, what to try, and how to stop', () => {
    expect(firstSteps(started)).toBe(`Enrollment key escrow listens on http://127.0.0.1:8420
  data in .escrow, keys in software (for evaluation), organization example

In another terminal:
  npm run --silent escrow -- login
  npm run --silent escrow -- --help

Described at http://127.0.0.1:8420/openapi.json. Stop it with Ctrl+C: it finishes what runs.
`);
  });

  it('is what the token cannot do, where there is something', () => {
    const lacks = [
      'exportable keys: the token has no CKM_AES_KEY_WRAP_PAD',
      'PSS: the token does not sign so',
    ];
    expect(firstSteps({ ...started, keys: 'pkcs11', lacks })).toContain(`keys in pkcs11, organization example
  not with this token: exportable keys: the token has no CKM_AES_KEY_WRAP_PAD
  not with this token: PSS: the token does not sign so
`);
  });

  it('is how to set it up, where that was not done, and where the code for it stands', () => {
    const text = firstSteps({ ...started, isSetUp: false, setUpCodePath: '.escrow/identity/set-up-code' });
    expect(text).toContain('It is not set up yet. In another terminal:\n  npm run --silent escrow -- init\n');
    expect(text).toContain('stands in .escrow/identity/set-up-code.\n');
    expect(text).not.toContain('login');
  });

  it('names the server where the command line would not find it', () => {
    const elsewhere = { ...started, url: 'http://127.0.0.1:9000' };
    expect(firstSteps(elsewhere)).toContain(
      '  npm run --silent escrow -- login --server http://127.0.0.1:9000\n',
    );
    expect(firstSteps({ ...elsewhere, isSetUp: false })).toContain(
      'escrow -- init --server http://127.0.0.1:9000\n',
    );
  });

  it.each([
    ['/srv/data/identity/set-up-code', '/srv/data/identity/set-up-code'],
    ["/srv/eve's data/set-up-code", "'/srv/eve'\\''s data/set-up-code'"],
    ['data/set-up-code', resolve('data/set-up-code')],
  ])('names the code where the command line would not find it: %s', (setUpCodePath, word) => {
    const text = firstSteps({ ...started, isSetUp: false, setUpCodePath });
    expect(text).toContain(`escrow -- init --set-up-code-file ${word}\n`);
  });

  it('names the issuer where it is not the built-in one, and says of other keys nothing that is not so', () => {
    const { organization: _, ...other } = { ...started, issuer: 'https://login.example.org', keys: 'pkcs11' };
    expect(firstSteps(other)).toContain('keys in pkcs11, tokens of https://login.example.org\n');
  });
});
