import { spawnSync } from 'node:child_process';

/** The Debian packages with what the yardsticks are made of. */
const packages = {
  c: 'gcc libc6-dev libssl-dev',
  java: 'default-jdk-headless libbcprov-java libbcpkix-java',
  certtool: 'gnutls-bin',
  pk12util: 'libnss3-tools',
  openssl: 'openssl',
} as const;

export type Needed = keyof typeof packages;

/** What to do about a program that is not there, or did not do what it should. */
export function advice(needed: Needed): string {
  return `This yardstick needs: apt-get install -y ${packages[needed]}`;
}

const neededFor: Readonly<Record<string, Needed>> = {
  cc: 'c',
  javac: 'java',
  java: 'java',
  certtool: 'certtool',
  certutil: 'pk12util',
  pk12util: 'pk12util',
  openssl: 'openssl',
};

/** What a program printed. */
export interface Printed {
  output: string;
  messages: string;
  /** From its start to its end. */
  nanoseconds: number;
}

/**
 * Runs a program to its end; meanwhile this thread stands still, so nothing else of ours takes part.
 * @param args no secrets: others on the machine can read them
 * @throws Error with what it printed if it failed, or with what to install if it is not there
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = '', path = process.env['PATH'] } = {},
): Printed {
  const env = { ...process.env, PATH: path };
  const start = process.hrtime.bigint();
  const run = spawnSync(program, args, { encoding: 'utf8', input, env });
  const nanoseconds = Number(process.hrtime.bigint() - start);
  if (run.error !== undefined) throw new Error(withAdvice(program, run.error.message));
  if (run.status !== 0) throw new Error(withAdvice(program, `${program}: ${run.stderr}`));
  return { output: run.stdout, messages: run.stderr, nanoseconds };
}

function withAdvice(program: string, said: string): string {
  const needed = neededFor[program];
  return needed === undefined ? said : `${said}\n${advice(needed)}`;
}
