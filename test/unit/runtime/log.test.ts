import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProviderError, StoreError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { createLogger, type LoggerSettings, prettyForm } from '#runtime/log.ts';
import { type LogFields, logFields } from '#runtime/log-fields.ts';
import { logMessages } from '#runtime/log-messages.ts';
import { ManualClock } from '#test/doubles/clock.ts';

/** A logger, and the text that it wrote. */
function logging(form?: NonNullable<LoggerSettings['form']>) {
  let text = '';
  const stream = { write: (more: string) => (text += more) };
  const log = createLogger({ stream, clock: new ManualClock(), ...(form !== undefined && { form }) });
  return {
    log,
    text: () => text,
    lines: (): Record<string, unknown>[] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

/** Whatever a caller might pass where types do not hold it back. */
function untyped(value: unknown): LogFields {
  return JSON.parse('{}', () => value);
}

describe('a log line', () => {
  it('is one JSON object with time, level, message code and fields, in the order of the table', () => {
    const { log, text } = logging();
    log.info('request', { durationMs: 12, status: 200, method: 'GET', requestId: 'req-1' });
    expect(text()).toBe(
      '{"time":"2026-01-05T08:00:00.000Z","level":"info","message":"request",' +
        '"requestId":"req-1","method":"GET","status":200,"durationMs":12}\n',
    );
  });

  it('has the fields that its logger was bound to, and those of the line before them', () => {
    const { log, lines } = logging();
    const bound = log.with({ requestId: 'req-1', organization: 'acme' });
    bound.with({ organization: 'other' }).warn('request', { status: 503 });
    bound.error('request');
    expect(lines()).toMatchObject([
      { level: 'warn', requestId: 'req-1', organization: 'other', status: 503 },
      { level: 'error', requestId: 'req-1', organization: 'acme' },
    ]);
  });

  it('takes no field that is not in the table', () => {
    const { log, lines } = logging();
    // @ts-expect-error: there is no such field
    log.info('request', { email: 'ada@acme.example' });
    // @ts-expect-error: it is a number
    log.info('request', { status: 'ada@acme.example' });
    // @ts-expect-error: there is no such message
    log.info('ada@acme.example');
    expect(JSON.stringify(lines())).not.toContain('ada');
    expect(lines().map(({ message }) => message)).toEqual(['request', 'request', 'unexpected']);
  });

  it('leaves out what is undefined, no number, or hidden in a prototype', () => {
    const { log, lines } = logging();
    log.info('request', { requestId: undefined, status: Number.NaN, durationMs: Number.POSITIVE_INFINITY });
    log.info('request', Object.create({ requestId: 'inherited' }));
    for (const line of lines()) expect(Object.keys(line)).toEqual(['time', 'level', 'message']);
  });

  it('cuts what is longer than 256 characters, and keeps at most 16 of a list', () => {
    const { log, lines } = logging();
    const roles = Array.from({ length: 40 }, () => 'r'.repeat(1_000));
    log.info('request', { requestId: 'a'.repeat(257), eventId: 'b'.repeat(256), roles });
    const [line] = lines();
    expect(line?.['requestId']).toBe(`${'a'.repeat(255)}…`);
    expect(line?.['eventId']).toBe('b'.repeat(256));
    expect(line?.['roles']).toEqual(roles.slice(0, 16).map(() => `${'r'.repeat(255)}…`));
  });

  it('survives a value that throws when it is looked at', () => {
    const { log, lines } = logging();
    const trap = {
      get requestId(): string {
        throw new TypeError('touched');
      },
    };
    const broken = Object.defineProperty(new TypeError('broken'), 'constructor', { value: undefined });
    log.info('request', trap);
    log.error('unexpected', {}, broken);
    expect(lines().map(({ code }) => code)).toEqual(['internal', 'internal']);
  });

  it.each(['json', 'pretty', 'pretty-colour'] as const)('cannot be forged by a value (%s)', (form) => {
    const paint = form === 'pretty-colour' ? ['\u001b[32m', '\u001b[2m', '\u001b[0m'] : [];
    const marks = fc.constantFrom(
      '\n',
      '\r\n',
      '\u0085',
      '\u2028',
      '\u2029',
      '\u001b[2K',
      '\u0000',
      '\u202e',
      '\u{e0001}',
      '\ud800',
    );
    const value = fc
      .array(fc.oneof(marks, fc.string({ unit: 'binary', maxLength: 8 })))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(value, (requestId) => {
        const { log, text } = logging(form);
        log.info('request', { requestId, roles: [requestId] });
        const [line = '', ...more] = text().split('\n');
        expect(more).toEqual(['']);
        const plain = paint.reduce((rest, code) => rest.replaceAll(code, ''), line);
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        if (form === 'json') expect(JSON.parse(line).requestId).toBe(requestId.toWellFormed());
      }),
    );
  });
});

describe('whatever is passed', () => {
  // Every string, key and message of what is generated bears the mark, and so do the bytes of secrets.
  const mark = 'MARKED';
  const marked = fc.string({ maxLength: 6 }).map((text) => `${mark}${text}`);
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      marked,
      fc.constant(Secret.fromText(mark)),
      marked.map((text) => new TextEncoder().encode(text)),
      marked.map((text) => new TypeError(text)),
      fc
        .tuple(marked, tie('any'))
        .map(([text, cause]) => new Error(`${text}\n    at x (file:///${text}:1:1)`, { cause })),
      marked.map((why) => new StoreError('store-unavailable', { why, field: why, cause: new Error(why) })),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(marked, tie('any'), { maxKeys: 3 }),
      fc.record({ name: marked, email: marked, password: tie('any'), error: tie('any'), causes: tie('any') }),
      fc.constantFrom(null, undefined, 3, true, 12n, Symbol(mark)),
    ),
  })).any;
  /** The names of the table, with values that are no text: those could only be told by what they mean. */
  const wrong = fc.dictionary(
    fc.constantFrom(...Object.keys(logFields)),
    value.filter((each) => typeof each !== 'string' && !Array.isArray(each)),
  );

  it.each(['json', 'pretty'] as const)('no marked value comes out, and each line is one (%s)', (form) => {
    fc.assert(
      fc.property(value, wrong, value, (fields, more, error) => {
        const { log, text } = logging(form);
        log.info('request', untyped(fields));
        log.with(untyped(more)).warn('delivery', untyped(fields), error);
        log.error('unexpected', untyped(more), error);
        expect(text()).not.toContain(mark);
        if (form === 'json') {
          const objects = text()
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line));
          expect(objects.map(({ message }) => message)).toEqual(['request', 'delivery', 'unexpected']);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('an error', () => {
  it('is logged as its code and nothing else', () => {
    const { log, lines } = logging();
    const cause = new TypeError('of the vendor');
    log.warn('delivery', { consumer: 'make-key-pair' }, new StoreError('store-unavailable', { cause }));
    const [line] = lines();
    expect(line).toMatchObject({ consumer: 'make-key-pair', code: 'store-unavailable' });
    expect(line).not.toHaveProperty('causes');
  });

  it('of the key provider is logged with what it says, and nothing of the vendor', () => {
    const { log, lines } = logging();
    const cause = new TypeError('of the vendor');
    const why = 'the token refused the PIN';
    log.warn('custody-failed', {}, new ProviderError('provider-misconfigured', { field: 'pin', why, cause }));
    expect(lines()[0]).toMatchObject({ code: 'provider-misconfigured', why: `pin: ${why}` });
    expect(JSON.stringify(lines())).not.toContain('vendor');
  });

  it('that is internal is logged with the classes and source lines of its causes, without messages', () => {
    const { log, text, lines } = logging();
    const inner = Object.assign(new RangeError('inner secret'), { code: 'ERR_OUT_OF_RANGE' });
    log.error('unexpected', {}, new TypeError('outer secret', { cause: inner }));
    expect(text()).not.toContain('secret');
    const place = expect.stringMatching(/^test\/unit\/runtime\/log\.test\.ts:\d+$/);
    expect(lines()[0]?.['causes']).toMatchObject([
      { error: 'InternalError' },
      { error: 'TypeError', at: expect.arrayContaining([place]) },
      { error: 'RangeError ERR_OUT_OF_RANGE', at: expect.arrayContaining([place]) },
    ]);
  });

  it('is followed through no circle of causes, and no further than a few', () => {
    const { log, lines } = logging();
    const circle = new TypeError('round');
    circle.cause = circle;
    let long = new TypeError('last');
    for (let depth = 0; depth < 50; depth += 1) long = new TypeError('more', { cause: long });
    log.error('unexpected', {}, circle);
    log.error('unexpected', {}, long);
    expect(lines()[0]?.['causes']).toHaveLength(2);
    expect(lines()[1]?.['causes']).toHaveLength(9);
  });

  it('tells no frame that its message made up, even one rewritten after it was thrown', () => {
    const { log, text } = logging();
    const here = import.meta.url.replace('log.test.ts', 'SECRET.test.ts');
    const error = new TypeError(`first\n    at f (${here}:1:1)`);
    log.error('unexpected', {}, error);
    error.message = 'second';
    log.error('unexpected', {}, error);
    expect(text()).not.toContain('SECRET');
  });
});

describe('the form for people', () => {
  it('shows time, level, meaning and fields on one line, and causes below', () => {
    const { log, text } = logging('pretty');
    log.info('request', { method: 'GET', status: 200, requestId: 'two words', roles: ['a', 'b'] });
    log.error('unexpected', {}, new TypeError('not told'));
    const [first, second, third, fourth] = text().split('\n');
    expect(first).toMatch(
      /^\d\d:\d\d:\d\d info {2}request requestId="two words" method=GET status=200 roles=a,b$/,
    );
    expect(second).toMatch(/^\d\d:\d\d:\d\d error something failed that should not code=internal$/);
    expect(third).toMatch(/^ {6}InternalError at shared\/domain\/errors\.ts:\d+ < /);
    expect(fourth).toMatch(/^ {6}TypeError at test\/unit\/runtime\/log\.test\.ts:\d+/);
  });

  it('quotes what could pass for another field', () => {
    const { log, text } = logging('pretty');
    log.info('request', { requestId: 'x status=500', eventId: '', eventType: '"' });
    expect(text()).toContain('requestId="x status=500" eventType="\\"" eventId=""');
  });

  it.each([
    [true, {}, 'pretty-colour'],
    [true, { NO_COLOR: '' }, 'pretty-colour'],
    [true, { NO_COLOR: '1' }, 'pretty'],
    [true, { TERM: 'dumb' }, 'pretty'],
    [false, {}, 'pretty'],
  ])('is coloured only on a terminal that wants it: %j %j', (isTTY, environment, form) => {
    expect(prettyForm({ isTTY }, environment)).toBe(form);
  });

  it('says something for every message', () => {
    for (const meaning of Object.values(logMessages)) expect(meaning).toMatch(/^[a-z][^\n]{2,}$/);
  });
});
