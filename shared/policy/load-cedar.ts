import { readFile } from 'node:fs/promises';
import type * as web from '@cedar-policy/cedar-wasm/web';
import { InternalError } from '#domain/errors.ts';

/** One instance of Cedar with memory of its own. */
export type Cedar = Pick<
  typeof web,
  'checkParsePolicySet' | 'policyToJson' | 'preparsePolicySet' | 'statefulIsAuthorized' | 'validate'
>;

/**
 * A trap leaves an instance of no further use: its stack is where the trap left it. Each instance more costs some 4 MB that are never
 * given back, so there is an end to it; what is refused then is refused until the process begins anew.
 */
const mostInstances = 16;
let made = 0;
let current: Promise<Cedar> | undefined;
let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * Cedar, loaded once and again after a trap.
 * @throws InternalError `internal` if it cannot be loaded, or trapped too often
 */
export function loadCedar(): Promise<Cedar> {
  current ??= instantiate().catch((cause: unknown) => {
    current = undefined;
    throw cause instanceof InternalError ? cause : new InternalError('internal', { cause });
  });
  return current;
}

/**
 * Does something with Cedar, all at once.
 * @throws InternalError `internal` if Cedar fails; it is loaded anew for the next one
 */
export async function withCedar<T>(use: (cedar: Cedar) => T): Promise<T> {
  const loading = loadCedar();
  const cedar = await loading;
  try {
    return use(cedar);
  } catch (cause) {
    if (current === loading && isTrap(cause)) current = undefined;
    throw new InternalError('internal', { cause });
  }
}

/** Out of WebAssembly's stack or memory, unreachable code, or out of the engine's own stack. */
function isTrap(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError');
}

/** The package's `/web` form; its files are also found beside the bundle of a function, which has no `node_modules`. */
const script = new URL('../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm.js', import.meta.url);
const wasm = new URL('../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm', import.meta.url);

/**
 * The script is given its WebAssembly rather than looking for it. It keeps one instance for good: under another address it is another
 * script.
 */
async function instantiate(): Promise<Cedar> {
  if (made >= mostInstances) {
    throw new InternalError('internal', {
      why: 'The policy engine failed too often.',
      next: 'Start this process anew.',
    });
  }
  compiled ??= compile();
  const module = await compiled.catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  const loaded: typeof web = await import(`${script.href}?instance=${made++}`);
  loaded.initSync({ module });
  return loaded;
}

async function compile(): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await readFile(wasm));
}
