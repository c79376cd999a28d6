import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { modernFacts } from '../facts.ts';
import type { Subject } from '../subject.ts';
import { buildFolder, hex, subjectLines } from './input.ts';
import { advice, runProgram } from './program.ts';
import { RequestProcess } from './request-process.ts';
import type { Work, Yardstick, YardstickKind } from './yardstick.ts';

const sourceFolder = join(import.meta.dirname, 'java');
const sources = ['Yardstick.java', 'Pkcs12.java', 'JavaKeyStore.java', 'BouncyCastle.java'];
const classFolder = join(buildFolder, 'java-yardstick');
const jars = ['bcprov.jar', 'bcpkix.jar', 'bcutil.jar'].map((jar) => join('/usr/share/java', jar));

const ready = v.object({ version: v.string() });
const outcome = v.object({ nanoseconds: v.number(), pfx: v.string() });

const compiled = 'compiled by the JIT, no start counted';

/** The JDK's own KeyStore. */
export const java = kind('java');

/** Bouncy Castle. */
export const bouncyCastle = kind('bouncycastle');

function kind(name: 'java' | 'bouncycastle'): YardstickKind {
  return {
    name,
    does: {
      write: `writes the same, one derivation after the other; ${compiled}`,
      open: `the MAC, the key, the certificate, the key matched; ${compiled}`,
    },
    facts: modernFacts,
    open: (subject) => openVirtualMachine(name, subject),
  };
}

/** A process that lives as long as its measurements do, and is asked for one sample after the other. */
async function openVirtualMachine(name: string, subject: Subject): Promise<Yardstick> {
  await compile();
  const args = ['-cp', [classFolder, ...jars].join(':'), 'Yardstick', name];
  const child = new RequestProcess('java', args, subjectLines(subject));
  const { version } = v.parse(ready, JSON.parse(await child.answer()));
  const ask = async (request: string) => v.parse(outcome, JSON.parse(await child.ask(request)));
  return {
    version,
    write: async (iterations) => Buffer.from((await ask(`write ${iterations} 1`)).pfx, 'hex'),
    time: async (work) => (await ask(requestOf(work))).nanoseconds,
    close: () => child.close(),
  };
}

function requestOf({ mode, iterations, rounds, pfx }: Work): string {
  return mode === 'write' ? `write ${iterations} ${rounds}` : `open ${rounds} ${hex(pfx)}`;
}

async function compile(): Promise<void> {
  const missing = jars.filter((jar) => !existsSync(jar));
  if (missing.length > 0) throw new Error(`there is no ${missing.join(', ')}\n${advice('java')}`);
  await mkdir(classFolder, { recursive: true });
  const files = sources.map((source) => join(sourceFolder, source));
  runProgram('javac', ['-proc:none', '-d', classFolder, '-cp', jars.join(':'), ...files]);
}
