import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { usualTimeoutSeconds } from '#contract/functions.ts';
import { type Outcome, RuntimeApi } from '#test/doubles/runtime-api/runtime-api.ts';

/** The runtime client, as the small package of test/runtime-client has it. */
export const runtimeClient = join(
  import.meta.dirname,
  '../runtime-client/node_modules/aws-lambda-ric/index.mjs',
);

export interface FunctionToStart {
  name: string;
  /** Has `index.mjs`, which exports `handler`. */
  bundleFolder: string;
  /** Beyond what Lambda sets by itself. */
  environment?: Readonly<Record<string, string>>;
  memoryMegabytes?: number;
  timeoutSeconds?: number;
}

/** A function that runs as on AWS Lambda: its bundle under the runtime client, in a process of its own. */
export interface LambdaFunction {
  name: string;
  process: ChildProcess;
  /** Milliseconds from the start of the process until the function asked for its first event. */
  initMilliseconds: number;
  /** What it wrote, to stdout and stderr. */
  output(): string;
  invoke(event: unknown): Promise<Outcome>;
  stop(): Promise<void>;
}

/** The account and region that functions are told they are in. */
export const account = '111122223333';
export const region = 'eu-central-1';

/**
 * Starts a function, and waits until it asks for an event.
 * @throws Error if it cannot be started, with what it wrote
 */
export async function startFunction(spec: FunctionToStart): Promise<LambdaFunction> {
  const { name, timeoutSeconds = usualTimeoutSeconds } = spec;
  const api = await RuntimeApi.start({ functionArn: `arn:aws:lambda:${region}:${account}:function:${name}` });
  const started = performance.now();
  const child = spawn(process.execPath, [runtimeClient], {
    cwd: spec.bundleFolder,
    env: environmentOf(spec, api.address),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = writtenBy(child);
  const ended = once(child, 'close');
  child.once('close', (status, signal) => {
    api.gone(`RequestId: unknown Error: Runtime exited with ${signal ?? `exit status ${status}`}`);
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
    await api.close();
  };
  try {
    const initMilliseconds = (await api.ready) - started;
    const invoke = (event: unknown) => api.invoke(event, timeoutSeconds * 1_000);
    return { name, process: child, initMilliseconds, output: written, invoke, stop };
  } catch (cause) {
    await stop();
    throw new Error(`${name} cannot be started:\n${written()}`, { cause });
  }
}

/**
 * The variables that Lambda sets ("Defined runtime environment variables", AWS Lambda Developer Guide), and the function's
 * own. The key is the function's name, so that whoever is called can tell functions apart.
 */
function environmentOf(
  { name, bundleFolder, environment = {}, memoryMegabytes = 512 }: FunctionToStart,
  runtimeApi: string,
): Record<string, string> {
  return {
    ...environment,
    _HANDLER: 'index.handler',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: name,
    AWS_SECRET_ACCESS_KEY: 'a test has no secret',
    AWS_SESSION_TOKEN: 'a test has no session',
    LAMBDA_TASK_ROOT: bundleFolder,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

function writtenBy(child: ChildProcess): () => string {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
