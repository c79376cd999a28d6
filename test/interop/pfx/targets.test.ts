import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importVerdicts, type PfxTarget } from '#domain/pfx-targets.ts';
import { type PfxVector, pfxVectors, vectorFolder } from '#test/vectors/pfx/vector.ts';
import { inFolder, type Printed, passwordFile, run } from './tools.ts';

/** What the table of targets says of a file, against what the program that stands there as tried makes of it. */

interface Trial {
  file: string;
  password: string;
  /** Holds the password. */
  secret: string;
  folder: string;
}

const succeeded = ({ status }: Printed) => status === 0;

/** Whether each program takes a private key and its certificate out of a file. */
const programs = {
  firefox: async ({ file, secret, folder }) => {
    const database = ['-d', `sql:${folder}`];
    await run('certutil', '-N', ...database, '--empty-password');
    const imported = succeeded(await run('pk12util', '-i', file, '-w', secret, '-K', '', ...database));
    return imported && succeeded(await run('certutil', '-K', ...database));
  },
  gnutls: async ({ file, password }) => {
    const told = await run('certtool', '--p12-info', '--inder', '--infile', file, '--password', password);
    return succeeded(told) && !/fail|error/i.test(told.messages) && / PRIVATE KEY-----/.test(told.output);
  },
  'openssl-3': async ({ file, secret }) => {
    const told = await run('openssl', 'pkcs12', '-in', file, '-passin', `file:${secret}`, '-noenc');
    return succeeded(told) && told.output.includes('BEGIN PRIVATE KEY');
  },
  'java-17': async ({ file, secret, folder }) => {
    const from = ['-srckeystore', file, '-srcstoretype', 'PKCS12', '-srcstorepass:file', secret];
    const to = ['-destkeystore', join(folder, 'to.p12'), '-deststorepass', 'destination', '-noprompt'];
    const told = await run('keytool', '-importkeystore', ...from, ...to);
    return succeeded(told) && / [1-9]\d* entries successfully imported/.test(told.messages);
  },
} as const satisfies Partial<Record<PfxTarget, (trial: Trial) => Promise<boolean>>>;

const complete = pfxVectors.filter(({ holds }) => holds.keys.length === 1 && holds.certificates > 0);
/** One of each kind that the table tells apart. */
const kinds = [
  ...new Map(
    complete.map((vector) => {
      const { keys, certificates, integrity } = vector.traits;
      return [JSON.stringify([keys, certificates, integrity]), vector];
    }),
  ).values(),
];

function told(target: PfxTarget, { traits }: PfxVector) {
  return importVerdicts(traits).find((verdict) => verdict.target === target)?.imports;
}

describe.each(['firefox', 'gnutls', 'openssl-3', 'java-17'] as const)(
  'what the table says of %s',
  (target) => {
    it.each(kinds)('is what it does with $file', (vector) =>
      inFolder(async (folder) => {
        const { password } = vector;
        const secret = await passwordFile(folder, password);
        const file = fileURLToPath(new URL(vector.file, vectorFolder));
        const imports = await programs[target]({ file, password, secret, folder });
        expect(told(target, vector)).not.toBe(imports ? 'no' : 'yes');
      }),
    );
  },
);
