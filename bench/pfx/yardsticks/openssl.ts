import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { modernFacts } from '../facts.ts';
import type { Subject } from '../subject.ts';
import { buildFolder, hex, subjectLines } from './input.ts';
import { runProgram } from './program.ts';
import type { Work, Yardstick, YardstickKind } from './yardstick.ts';

const source = join(import.meta.dirname, 'openssl.c');
const program = join(buildFolder, 'openssl-yardstick');

const outcome = v.object({ openssl: v.string(), nanoseconds: v.number(), pfx: v.string() });

/** OpenSSL in C: a program that is compiled first, and keeps time itself, so that its start is not counted. */
export const openssl: YardstickKind = {
  name: 'openssl',
  does: {
    write: 'writes the same, one derivation after the other',
    open: 'PKCS12_parse: the MAC, the key, the certificate; the key matched, not looked at number by number',
    full: 'write, reopen and use: refused without password, a TLS 1.3 handshake, an RSA-OAEP decryption',
  },
  facts: modernFacts,
  open,
};

async function open(subject: Subject): Promise<Yardstick> {
  await mkdir(buildFolder, { recursive: true });
  runProgram('cc', ['-O2', '-Wall', '-Wextra', '-o', program, source, '-lssl', '-lcrypto']);
  const none = new Uint8Array();
  const { openssl: version } = run(subject, { mode: 'write', iterations: 1, rounds: 1, pfx: none });
  return {
    version: `${version} in C`,
    write: async (iterations) =>
      Buffer.from(run(subject, { mode: 'write', iterations, rounds: 1, pfx: none }).pfx, 'hex'),
    time: async (work) => run(subject, work).nanoseconds,
    close: async () => undefined,
  };
}

/** The key reaches the program by stdin, not by a file or an argument. */
function run(subject: Subject, { mode, iterations, rounds, pfx }: Work) {
  const input = `${subjectLines(subject)}${hex(pfx)}\n`;
  const { output } = runProgram(program, [mode, String(iterations), String(rounds), subject.purpose], {
    input,
  });
  return v.parse(outcome, JSON.parse(output));
}
