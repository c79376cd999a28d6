import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { modernFacts } from '../facts.ts';
import { writeOurs } from '../ours.ts';
import { friendlyName, type Subject } from '../subject.ts';
import { type Folder, makeFolder } from './folder.ts';
import { runProgram } from './program.ts';
import type { Work, Yardstick, YardstickKind } from './yardstick.ts';

/** What NSS writes; no option changes it. */
const fixedIterations = 600_000;

/** NSS, by its program: nothing of it stays, so each round counts its start and its database. */
export const pk12util: YardstickKind = {
  name: 'pk12util',
  does: {
    write: 'the program with its start, its database read; the same algorithms',
    open: 'the program with its start; key and certificate go into a new database',
  },
  fixedIterations,
  isSlow: true,
  facts: modernFacts,
  open,
};

async function open(subject: Subject): Promise<Yardstick> {
  const folder = await makeFolder();
  // Nobody closes what did not open.
  const files = await putFiles(folder, subject).catch(async (error: unknown) => {
    await folder.remove();
    throw error;
  });
  return {
    version: `NSS pk12util ${installedVersion()}`,
    write: async () => {
      exportOne(files);
      return readFile(files.written);
    },
    time: async ({ mode, rounds, pfx }: Work) => {
      await folder.put('ours.p12', pfx);
      let nanoseconds = 0;
      for (let round = 0; round < rounds; round++) {
        nanoseconds += mode === 'write' ? exportOne(files) : await importIntoNew(files);
      }
      return nanoseconds / rounds;
    },
    close: () => folder.remove(),
  };
}

/** The program does not tell its version; where the system's packages do not either, nobody does. */
function installedVersion(): string {
  try {
    const [, version = ''] = runProgram('dpkg-query', ['--show', 'libnss3']).output.trim().split('\t');
    return version;
  } catch {
    return 'of a version that it does not tell';
  }
}

/** An empty database, and one that holds the subject. Its own password is empty, as Firefox has it. */
async function putFiles(folder: Folder, subject: Subject) {
  const files = {
    password: await folder.put('password', `${subject.password.text()}\n`),
    ours: await folder.put('ours.p12', await writeOurs(subject, 1)),
    written: folder.path('written.p12'),
    empty: folder.path('empty'),
    used: folder.path('used'),
    filled: folder.path('filled'),
  };
  await mkdir(files.empty);
  runProgram('certutil', ['-N', '-d', `sql:${files.empty}`, '--empty-password']);
  await cp(files.empty, files.filled, { recursive: true });
  importOne(files, files.filled);
  return files;
}

type Files = Awaited<ReturnType<typeof putFiles>>;

function importOne({ ours, password }: { ours: string; password: string }, database: string): number {
  return runProgram('pk12util', ['-i', ours, '-d', `sql:${database}`, '-w', password, '-K', '']).nanoseconds;
}

/** A key that is there already would not be imported again. */
async function importIntoNew(files: Files): Promise<number> {
  await cp(files.empty, files.used, { recursive: true });
  const nanoseconds = importOne(files, files.used);
  await rm(files.used, { recursive: true });
  return nanoseconds;
}

function exportOne({ written, filled, password }: Files): number {
  return runProgram('pk12util', [
    ...['-o', written, '-n', friendlyName, '-d', `sql:${filled}`, '-w', password, '-K', ''],
    ...['-c', 'AES-256-CBC', '-C', 'AES-256-CBC', '-M', 'SHA-256'],
  ]).nanoseconds;
}
