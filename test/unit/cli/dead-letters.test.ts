import { describe, expect, it } from 'vitest';
import { json, problem, scriptedServer } from './scripted-server.ts';
import { shell } from './shell.ts';

const { run, write } = shell({ ESCROW_CREDENTIALS: '/nonexistent/sign-ins.json' });
const letter = (id: string) => ({
  id,
  consumer: 'make-encryption-key-pair',
  eventType: 'EnrollmentAccepted',
  eventId: `evt_${id}`,
  enrollmentId: 'enr_1',
  code: 'provider-misconfigured',
  since: '2026-01-31T08:00:00Z',
});
const page = (ids: string[], cursor?: string) =>
  json({ deadLetters: ids.map(letter), ...(cursor && { cursor }) });
const gone = json({});

describe('escrow dead-letters redrive --all', () => {
  it('puts back every letter of every page, each as a change of its own', async () => {
    const { url, seen } = await scriptedServer(page(['a', 'b'], 'next'), page(['c']), gone);
    write('token', 't');
    const done = await run(`escrow dead-letters redrive --all --yes --server ${url} --token-file token`);
    expect(done).toEqual({ status: 0, stdout: '', stderr: 'Back in the queue: 3.\n' });
    expect(seen.map((each) => `${each.method} ${each.url}`)).toEqual([
      'GET /v1/dead-letters?limit=200',
      'GET /v1/dead-letters?limit=200&cursor=next',
      'POST /v1/dead-letters/a/redrive',
      'POST /v1/dead-letters/b/redrive',
      'POST /v1/dead-letters/c/redrive',
    ]);
    const keys = seen.slice(2).map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(3);
  });

  it('has the same keys when it is run again under the same one', async () => {
    const keys: unknown[] = [];
    for (let times = 0; times < 2; times++) {
      const { url, seen } = await scriptedServer(page(['a']), gone);
      await run(
        `escrow dead-letters redrive --all --yes --idempotency-key k --server ${url} --token-file token`,
      );
      keys.push(seen.at(-1)?.headers['idempotency-key']);
    }
    expect(keys[0]).toMatch(/^\S{16,}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it('asks first, and needs somebody to ask', async () => {
    const { url, seen } = await scriptedServer(page(['a']), gone);
    const { status, stderr } = await run(
      `escrow dead-letters redrive --all --server ${url} --token-file token`,
    );
    expect(status).toBe(2);
    expect(stderr).toContain('Say so with --yes.');
    expect(seen).toHaveLength(1);
  });
});

describe('escrow dead-letters list', () => {
  it('shows them, one a line', async () => {
    const { url } = await scriptedServer(page(['a', 'b'], 'next'));
    const { stdout, stderr } = await run(`escrow dead-letters list --server ${url} --token-file token`);
    const [headings, ...rows] = stdout.trimEnd().split('\n');
    expect(headings).toMatch(/^ID +SINCE +GIVEN UP BY +EVENT +CODE +ENROLLMENT$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(
      /^a +2026-01-31 08:00 +make-encryption-key-pair +EnrollmentAccepted +provider-misconfigured +enr_1$/,
    );
    expect(stderr).toBe('There may be more: --all, or --cursor next\n');
  });

  it('shows every page under one heading, or as lines of JSON', async () => {
    const all = async (option: string) => {
      const { url } = await scriptedServer(page(['a'], 'next'), page(['b']));
      return (await run(`escrow dead-letters list --all${option} --server ${url} --token-file token`)).stdout;
    };
    expect((await all('')).match(/^ID /gm)).toHaveLength(1);
    const lines = (await all(' --json')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['a', 'b']);
  });

  it('says what the server says', async () => {
    const { url } = await scriptedServer(
      problem(403, 'not-permitted', { detail: 'Your role does not allow this.' }),
    );
    expect(await run(`escrow dead-letters list --server ${url} --token-file token`)).toEqual({
      status: 4,
      stdout: '',
      stderr: 'escrow: Your role does not allow this. Mend it. (not-permitted)\n',
    });
  });

  it('refuses a limit that is none', async () => {
    for (const limit of ['0', '201', 'many', '-1']) {
      const { status, stderr } = await run(`escrow dead-letters list --limit=${limit} --token-file token`);
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('--limit') });
    }
  });
});
