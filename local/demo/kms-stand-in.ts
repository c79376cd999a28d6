import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { ProviderError } from '#domain/errors.ts';

/** A stand-in for AWS KMS that is running. */
export interface KmsStandIn {
  /** The variables that lead the AWS SDK there. */
  environment: Record<string, string>;
  /** Ends it, and waits for that. */
  close(): Promise<void>;
}

/** A program of its own, which this one knows by its path alone. */
const program = fileURLToPath(new URL('../../test/doubles/kms/main.ts', import.meta.url));
const firstLine = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ environment: v.record(v.string(), v.string()) }),
);
/** How long it may take to end by itself, in milliseconds. */
const patience = 5_000;

/**
 * Starts the stand-in on loopback. It ends with this process, however that ends: its standard input does.
 * @param folder where it keeps its keys, in clear
 * @throws ProviderError `provider-unavailable` if it does not start
 */
export async function startKmsStandIn(folder: string): Promise<KmsStandIn> {
  const child = spawn(process.execPath, [program, '--folder', folder], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => {});
  const ended = once(child, 'exit').catch(() => undefined);
  const close = () => end(child, ended);
  try {
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([once(lines, 'line'), ended.then(() => [])]);
    return { environment: v.parse(firstLine, line).environment, close };
  } catch (cause) {
    await close();
    throw new ProviderError('provider-unavailable', {
      why: 'the stand-in for AWS KMS did not start',
      next: `Run ${process.execPath} ${program} to see why, or name an endpoint in AWS_ENDPOINT_URL_KMS.`,
      cause,
    });
  }
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  child.stdin?.end();
  await ended;
  clearTimeout(timer);
}
