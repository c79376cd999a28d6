import { realpath } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import { ProviderError } from '#domain/errors.ts';
import { flags } from './constants.ts';
import type { Cryptoki } from './cryptoki.ts';
import { providerError, returnValueOf } from './errors.ts';

/** Opens a token library file. */
export type Binding = (file: string) => Cryptoki;

/** A token library in use. `release` is called once by each user; after the last, the library is finalized. */
export interface TokenModule {
  readonly cryptoki: Cryptoki;
  release(): void;
}

interface LoadedModule {
  cryptoki: Cryptoki;
  users: number;
  /** Whether C_Initialize was ours: only who initialized a library may finalize it (PKCS#11 2.40 section 5.4). */
  owner: boolean;
}

// A token library is initialized once a process, whoever uses it, so this is the process's own state, by real path.
const loadedModules = new Map<string, LoadedModule>();

/**
 * The PKCS#11 binding, loaded only when a token is wanted: it is an optional dependency with a native part.
 * @param load how to import it
 * @throws ProviderError `provider-misconfigured` that says what to install, if it is not there or does not load
 */
export async function loadBinding(load = () => import('graphene-pk11')): Promise<Binding> {
  try {
    const { Module } = await load();
    return (file) => Module.load(file).lib;
  } catch (cause) {
    throw new ProviderError('provider-misconfigured', {
      field: 'keys',
      why: 'the PKCS#11 binding (graphene-pk11) is not installed or does not load',
      next: 'In a checkout, run: node_modules/.bin/node test/setup/prepare.ts. Elsewhere install a C++ compiler (on Debian: apt-get install build-essential python3), then run: npm ci',
      cause,
    });
  }
}

/**
 * Loads and initializes a token library, or joins those who use it in this process already.
 * @param file path of the library
 * @param environment variables that the library reads when it is initialized, such as SOFTHSM2_CONF; they are set in
 *   this process, since a library sees no other
 * @throws ProviderError `provider-misconfigured` if there is no such library, if it is in use with another environment,
 *   or in a worker thread, whose variables the library cannot see
 */
export async function openModule(
  file: string,
  environment: Readonly<Record<string, string>>,
  load: () => Promise<Binding> = loadBinding,
): Promise<TokenModule> {
  const binding = await load();
  const path = await realpath(file).catch((cause: unknown) => {
    throw noFile(file, cause);
  });
  const loaded = loadedModules.get(path) ?? loadModule(binding, path);
  setEnvironment(environment, loaded.users > 0);
  if (loaded.users === 0) loaded.owner = initialize(loaded.cryptoki);
  loaded.users++;
  return { cryptoki: loaded.cryptoki, release: once(() => leave(loaded)) };
}

function loadModule(binding: Binding, path: string): LoadedModule {
  try {
    const loaded = { cryptoki: binding(path), users: 0, owner: false };
    loadedModules.set(path, loaded);
    return loaded;
  } catch (cause) {
    throw noLibrary(path, cause);
  }
}

function initialize(cryptoki: Cryptoki): boolean {
  try {
    // Without this flag the library does no locking, and calls on several threads crash it.
    cryptoki.C_Initialize({ flags: flags.CKF_OS_LOCKING_OK });
    return true;
  } catch (error) {
    if (returnValueOf(error) === 'CKR_CRYPTOKI_ALREADY_INITIALIZED') return false;
    throw providerError(error);
  }
}

function leave(loaded: LoadedModule): void {
  loaded.users--;
  if (loaded.users === 0 && loaded.owner) loaded.cryptoki.C_Finalize();
}

function setEnvironment(environment: Readonly<Record<string, string>>, inUse: boolean): void {
  const changes = Object.entries(environment).filter(([name, value]) => process.env[name] !== value);
  if (changes.length === 0) return;
  if (inUse || !isMainThread) {
    throw new ProviderError('provider-misconfigured', {
      field: changes.map(([name]) => name).join(', '),
      why: inUse
        ? 'has another value in this process, where the token library is in use'
        : 'cannot be set for a token library from a worker thread',
      next: 'Use one token configuration a process, and open it in the main thread.',
    });
  }
  Object.assign(process.env, Object.fromEntries(changes));
}

function noFile(file: string, cause: unknown): ProviderError {
  const number = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given';
  const isMissing = number === 'ENOENT' || number === 'ENOTDIR';
  return new ProviderError('provider-misconfigured', {
    field: 'module',
    why: isMissing ? `there is no file at ${file}` : `the file ${file} cannot be reached (${number})`,
    next: isMissing
      ? "Name the library of the token's vendor; for SoftHSM on Debian: apt-get install softhsm2"
      : 'Check the path, and who may read it.',
    cause,
  });
}

/** With the loader's own reason: only that tells a file of another kind from a library which lacks one that it needs. */
function noLibrary(file: string, cause: unknown): ProviderError {
  const said = cause instanceof Error ? cause.message : '';
  const reason = said.startsWith(`${file}: `) ? said.slice(file.length + 2) : said;
  return new ProviderError('provider-misconfigured', {
    field: 'module',
    why: `there is no PKCS#11 library that loads at ${file}${reason === '' ? '' : `: ${reason}`}`,
    next: "Name the library of the token's vendor; where it needs another library, install that, too.",
    cause,
  });
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
