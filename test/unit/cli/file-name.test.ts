import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachmentNamed } from '#contract/api/content-disposition.ts';
import { exportFileName } from '#domain/file-name.ts';
import { safeFileName } from '../../../cli/server/file-name.ts';

describe('the name that a server gives a file', () => {
  it('is the one that the service gave it, in any script', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('identity', 'encryption'),
        (family, purpose) => {
          const name = exportFileName(family, purpose, 'pfx');
          return safeFileName(attachmentNamed(name)) === name;
        },
      ),
    );
  });

  it.each([
    ['attachment; filename="lund_Enroll_EN.pfx"', 'lund_Enroll_EN.pfx'],
    ['attachment; filename="x.pfx"; filename*=UTF-8\'\'%CF%80.pfx', 'π.pfx'],
    ['attachment; filename*=utf-8\'\'a%20b.pfx; filename="x.pfx"', 'a b.pfx'],
  ])('is read from %s', (header, name) => expect(safeFileName(header)).toBe(name));

  it.each([
    null,
    '',
    'attachment',
    'attachment; filename=""',
    'attachment; filename="../../.bashrc"',
    'attachment; filename="/etc/passwd"',
    'attachment; filename="a/b.pfx"',
    'attachment; filename="a\\\\b.pfx"',
    'attachment; filename=".hidden"',
    'attachment; filename="-rf"',
    'attachment; filename="a..b"',
    'attachment; filename="a\u0000b"',
    "attachment; filename*=UTF-8''%2e%2e%2fx",
    "attachment; filename*=UTF-8''x%2f..%2fy.pfx",
    "attachment; filename*=UTF-8''x%e2%80%aegpj.pfx",
    "attachment; filename*=UTF-8''%ff%fe",
    "attachment; filename*=UTF-8''C%3a%5cx",
    `attachment; filename="${'a'.repeat(300)}"`,
  ])('is none that could lead anywhere else: %s', (header) => {
    expect(safeFileName(header)).toBeUndefined();
  });

  it('is never a path, whatever the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, encoded) => {
        const header = encoded
          ? `attachment; filename*=UTF-8''${encodeURIComponent(text.toWellFormed())}`
          : `attachment; filename="${text}"`;
        const name = safeFileName(header) ?? 'a';
        return !/[/\\:\p{Cc}]|^[.-]|\.\./u.test(name);
      }),
    );
  });
});
