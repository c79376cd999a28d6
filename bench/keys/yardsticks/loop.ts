import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { buildFolder } from '../../pfx/yardsticks/input.ts';
import { runProgram } from '../../pfx/yardsticks/program.ts';
import { RequestProcess } from '../../pfx/yardsticks/request-process.ts';
import { checkSignature, type Kind, type TokenSubject } from '../subject.ts';

const source = join(import.meta.dirname, 'loop.c');
const options = ['-O2', '-Wall', '-Wextra'];
const libraries = ['-lpthread', '-ldl'];
/** Where the binding has the headers of PKCS#11. */
const headers = join(dirname(fileURLToPath(import.meta.resolve('pkcs11js'))), 'includes');

const nanoseconds = v.pipe(v.string(), v.digits(), v.transform(Number));
const signed = v.tuple([nanoseconds, v.pipe(v.string(), v.hexadecimal())]);

/** What it does besides signing: see `loop.c`. */
export type Verb = 'generate' | 'exportable' | 'unwrap';

/** A C program that calls the same library for the same token. */
export interface TokenLoop {
  /** Which version of the library. */
  version: string;
  /** Signs with the same key as ours. @returns nanoseconds for one signature on average, over all threads */
  sign(kind: Kind, threads: number, rounds: number): Promise<number>;
  /** @returns nanoseconds for one on average */
  time(verb: Verb, kind: Kind, rounds: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * Where it runs: a program of its own, with the OpenSSL that the system has for the token's library; or loaded into a Node
 * of its own, whose OpenSSL the library then takes, as it does under our provider.
 */
export type Host = 'program' | 'node';

/** Compiles it and starts it on the token. @throws Error naming what to install if something is missing */
export async function openTokenLoop(subject: TokenSubject, host: Host): Promise<TokenLoop> {
  const { keys } = subject;
  await mkdir(buildFolder, { recursive: true });
  const child = host === 'program' ? startProgram(subject) : startInNode(subject);
  const version = await child.answer();
  return {
    version: `${version}, called in C${host === 'node' ? `, loaded into Node ${process.version}` : ''}`,
    async sign(kind, threads, rounds) {
      const { id, data } = keys[kind];
      const request = ['sign', kind, id.toString('hex'), data.toString('hex'), threads, rounds / threads];
      const answer = await child.ask(request.join(' '));
      const [time, signature] = v.parse(signed, answer.split(' '));
      checkSignature(keys[kind], Buffer.from(signature, 'hex'), 'ieee-p1363');
      return time;
    },
    time: async (verb, kind, rounds) => v.parse(nanoseconds, await child.ask(`${verb} ${kind} ${rounds}`)),
    close: () => child.close(),
  };
}

function startProgram({ token, pin }: TokenSubject): RequestProcess {
  const program = compile('token-loop');
  return new RequestProcess(program, [token.module, token.token.label], `${pin.text()}\n`);
}

const loading =
  'const [LIBRARY, LABEL, addon] = process.argv.slice(1); Object.assign(process.env, { LIBRARY, LABEL }); process.dlopen({ exports: {} }, addon);';

function startInNode({ token, pin }: TokenSubject): RequestProcess {
  const addon = compile('token-loop.node', '-DNODE_ADDON', '-shared', '-fPIC');
  const args = ['--eval', loading, token.module, token.token.label, addon];
  return new RequestProcess(process.execPath, args, `${pin.text()}\n`);
}

/** @returns path of what was compiled */
function compile(name: string, ...more: string[]): string {
  const path = join(buildFolder, name);
  runProgram('cc', [...options, ...more, `-I${headers}`, '-o', path, source, ...libraries]);
  return path;
}
