import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Where one demo keeps its data and leaves its files. */
export interface DemoFolders {
  root: string;
  out: string;
  data: string;
  /** Variables of the demo, in place of those of this process. */
  environment?: NodeJS.ProcessEnv;
}

/** Names folders for a demo, neither there yet, removed when the suite that declares them is done. */
export function demoFolders(): DemoFolders {
  const root = mkdtempSync(join(tmpdir(), 'escrow-demo-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return { root, out: join(root, 'out'), data: join(root, 'data') };
}

/** A demo that is running as a process of its own. */
export interface RunningDemo {
  process: ChildProcess;
  ended: Promise<DemoRun>;
}

export interface DemoRun {
  /** Null if a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

type DemoPlace = Pick<DemoFolders, 'out' | 'data' | 'environment'>;

/** Starts `npm run demo -- ...` without npm. */
export function startDemo({ out, data, environment }: DemoPlace, ...options: string[]): RunningDemo {
  return startWith(environment, '--out', out, '--data', data, ...options);
}

export function startDemoRaw(...options: string[]): RunningDemo {
  return startWith(process.env, ...options);
}

/** The variables of this process, without those that say anything of AWS; no file says it either. */
export function withoutAws(home: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return { ...Object.fromEntries(others), HOME: home };
}

function startWith(env: NodeJS.ProcessEnv | undefined, ...options: string[]): RunningDemo {
  const child = spawn(process.execPath, ['local/demo/main.ts', ...options], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: env ?? process.env,
  });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[status], stdout, stderr]) => ({ status, stdout, stderr }),
  );
  return { process: child, ended };
}

/** Runs a demo to its end. */
export function runDemo(folders: DemoPlace, ...options: string[]): Promise<DemoRun> {
  return startDemo(folders, ...options).ended;
}

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const path = v.pipe(v.string(), v.nonEmpty());

/** An enrollment in `summary.json`: exactly these members, each of its type. */
export const summaryEntry = v.strictObject({
  enrollmentId: v.pipe(v.string(), v.regex(/^enr_[a-z2-7]{26}$/)),
  subscriberId: v.string(),
  familyName: v.string(),
  purpose: v.picklist(['identity', 'encryption']),
  label: v.picklist(['caUserCert_keyPair', 'caEncryption_keyPair']),
  keySpec: v.picklist(['RSA_2048', 'RSA_3072', 'ECC_NIST_P256', 'ECC_NIST_P384']),
  custody: v.picklist(['software', 'pkcs11', 'kms']),
  exportable: v.boolean(),
  status: v.literal('ready'),
  spkiSha256: hex,
  files: v.strictObject({
    csr: path,
    pfx: v.optional(path),
    receipt: path,
    password: v.optional(path),
  }),
  escrow: v.optional(
    v.strictObject({
      state: v.literal('active'),
      backupId: path,
      pfxSha256: hex,
      objectVersion: path,
      pfx: path,
      sealed: path,
      receipt: path,
    }),
  ),
  tokenAnswers: v.optional(v.record(v.string(), v.pipe(v.string(), v.regex(/^CKR_[A-Z_]+$/)))),
  refusal: v.optional(v.strictObject({ code: path, reason: path, contact: path })),
});

export type SummaryEntry = v.InferOutput<typeof summaryEntry>;

/** The summary that a demo left, every enrollment of which is ready. */
export async function readSummary(out: string): Promise<SummaryEntry[]> {
  return v.parse(v.array(summaryEntry), JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')));
}

/** Every file under a folder, by its path from there, sorted; none if there is no such folder. */
export function filesUnder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();
  } catch {
    return [];
  }
}

/** What must be there; where it is not, the test fails here. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('something that must be there is not');
  return value;
}
