import { readFile } from 'node:fs/promises';
import { toPem } from '#crypto/pkcs10.ts';
import { modernFacts } from '../facts.ts';
import { friendlyName, type Subject } from '../subject.ts';
import { type Folder, makeFolder } from './folder.ts';
import { runProgram } from './program.ts';
import type { Work, Yardstick, YardstickKind } from './yardstick.ts';

/** What GnuTLS writes; no option changes it. */
const fixedIterations = 600_000;

/** GnuTLS, by its program: nothing of it stays, so each round counts a start. */
export const certtool: YardstickKind = {
  name: 'certtool',
  does: {
    write: 'the program with its start; the same algorithms',
    open: 'the program with its start; the MAC and the certificate, the key stays shrouded: two derivations of three',
  },
  fixedIterations,
  isSlow: true,
  facts: modernFacts,
  open,
};

async function open(subject: Subject): Promise<Yardstick> {
  const [version = 'certtool'] = runProgram('certtool', ['--version']).output.split('\n');
  const folder = await makeFolder();
  const files = await putFiles(folder, subject);
  return {
    version: `GnuTLS ${version}`,
    write: async () => {
      writeOne(files);
      return readFile(files.written);
    },
    time: async ({ mode, rounds, pfx }: Work) => {
      await folder.put('ours.p12', pfx);
      let nanoseconds = 0;
      for (let round = 0; round < rounds; round++) {
        nanoseconds += mode === 'write' ? writeOne(files) : openOne(files);
      }
      return nanoseconds / rounds;
    },
    close: () => folder.remove(),
  };
}

/** It takes a password as an argument, from a terminal, or from a template. */
async function putFiles(folder: Folder, { privateKey, certificate, password }: Subject) {
  return {
    template: await folder.put(
      'template',
      `password = "${password.text()}"\npkcs12_key_name = "${friendlyName}"\n`,
    ),
    key: await folder.put('key.pem', toPem('PRIVATE KEY', privateKey.bytes())),
    certificate: await folder.put('certificate.pem', toPem('CERTIFICATE', certificate)),
    ours: folder.path('ours.p12'),
    written: folder.path('written.p12'),
  };
}

type Files = Awaited<ReturnType<typeof putFiles>>;

function writeOne({ template, key, certificate, written }: Files): number {
  return runProgram('certtool', [
    ...['--to-p12', '--template', template, '--load-privkey', key, '--load-certificate', certificate],
    ...['--pkcs-cipher', 'aes-256', '--outder', '--outfile', written],
  ]).nanoseconds;
}

function openOne({ template, ours }: Files): number {
  return runProgram('certtool', ['--p12-info', '--template', template, '--inder', '--infile', ours])
    .nanoseconds;
}
