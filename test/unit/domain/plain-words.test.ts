import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorTable } from '#domain/error-codes.ts';
import { EscrowError, InputError, SetUpError, StoreError } from '#domain/errors.ts';
import { argumentError, errorNumber, explain, fileError, printable } from '#domain/plain-words.ts';

const codes = Object.keys(errorTable).filter((code): code is keyof typeof errorTable => code in errorTable);

describe('explain', () => {
  it.each(codes)('says %s in two sentences and its code', (code) => {
    expect(explain(new EscrowError(code))).toMatch(new RegExp(`^[A-Z].*\\. [A-Z].*\\. \\(${code}\\)$`));
  });

  it('makes sentences of what is none', () => {
    const error = new SetUpError('usage', { why: 'something is wrong', next: 'mend it' });
    expect(explain(error)).toBe('Something is wrong. Mend it. (usage)');
  });

  it('leaves the name of a field or file as it is', () => {
    const error = new InputError('invalid-input', { field: 'keySpec', why: 'is empty', next: 'Fill it in!' });
    expect(explain(error)).toBe('keySpec: is empty. Fill it in! (invalid-input)');
  });

  it('says nothing of the cause', () => {
    const error = new StoreError('store-unavailable', { cause: new TypeError('marked') });
    expect(explain(error)).not.toContain('marked');
  });
});

describe('printable', () => {
  it('leaves letters of every script, marks and symbols', () => {
    const text = "O'Brien, Παπαδοπούλου, 王, Núñez, e\u0301, 👍, a-b_c.d/e";
    expect(printable(text)).toBe(text);
  });

  it('lets nothing through that moves a cursor, breaks a line or changes direction', () => {
    const harmful = [
      '\u0000',
      '\u001b',
      '\n',
      '\r',
      '\u007f',
      '\u009b',
      '\u200b',
      '\u2028',
      '\u202e',
      '\u2066',
    ];
    for (const character of harmful) expect(printable(`a${character}b`)).toBe('a?b');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...harmful, 'é', '👍') }), (text) => {
        expect(printable(text)).toMatch(/^[?é👍]*$/u);
      }),
    );
  });
});

const systemError = (code: string) => Object.assign(new TypeError('marked'), { code });

describe('fileError', () => {
  it.each([
    ['ENOENT', 'there is no such file'],
    ['EACCES', 'you may not read or write it'],
    ['EISDIR', 'it is a folder'],
    ['ENOTDIR', 'a file stands where a folder must be'],
    ['EMFILE', 'it cannot be used (EMFILE)'],
  ])('takes %s for wrong usage', (code, why) => {
    const error = fileError('some.file', systemError(code));
    expect(error.code).toBe('usage');
    expect(error.message).toContain(`some.file: ${why}`);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EIO'])('takes %s for a disk that must be mended', (code) => {
    const error = fileError('some.file', systemError(code));
    expect(error.code).toBe('store-unavailable');
    expect(error.message).toMatch(/^some\.file: the disk/);
  });

  it('says nothing of an error that is none of the file system', () => {
    const error = fileError('some.file', systemError('ERR_MARKED'));
    expect(error.message).toBe('some.file: it cannot be used');
  });
});

describe('errorNumber', () => {
  it.each([
    [systemError('EPIPE'), 'EPIPE'],
    [systemError('ERR_SQLITE_ERROR'), undefined],
    [new TypeError('EPIPE'), undefined],
    [{ code: 'EPIPE' }, undefined],
    ['EPIPE', undefined],
    [undefined, undefined],
  ])('of %o', (error, name) => {
    expect(errorNumber(error)).toBe(name);
  });
});

describe('argumentError', () => {
  const options = { out: { type: 'string', short: 'o' }, json: { type: 'boolean' } } as const;

  /** What is said of arguments that are wrong. */
  function said(...args: string[]): string {
    try {
      parseArgs({ args, options });
    } catch (error) {
      return argumentError(error).message;
    }
    return 'nothing';
  }

  it.each([
    [['--bogus'], '--bogus: there is no such option'],
    [['--bogus=secret'], '--bogus: there is no such option'],
    [['-x'], '-x: there is no such option'],
    [['--out'], '--out: the option lacks its value'],
    [['-o'], '--out: the option lacks its value'],
    [['--out', '--json'], '--out: the option lacks its value'],
    [['--json=secret'], '--json: the option takes no value'],
    [['secret'], 'an argument stands there that belongs to no option'],
    [['--out', 'a'], 'nothing'],
  ])('%j', (args, sentence) => {
    expect(said(...args)).toBe(sentence);
  });
});
