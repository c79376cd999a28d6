import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ProviderError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { flags } from './constants.ts';
import type { Cryptoki } from './cryptoki.ts';
import { providerError } from './errors.ts';
import { checkLabel, initializeToken } from './initialize-token.ts';
import { openModule } from './module.ts';
import { slotsOf } from './token.ts';

export interface SoftHsmTokenSettings {
  /** Where its configuration and token stand; made if it is not there, for the owner alone. */
  folder: string;
  /** At most 32 bytes of UTF-8. */
  label: string;
  pin: Secret;
  /** The security officer's PIN. */
  soPin: Secret;
  /** Path of SoftHSM's library; where Linux distributions and Homebrew put it if not given. */
  module?: string;
}

/** What `openPkcs11Provider` needs to find the token: add the PIN. */
export interface SoftHsmToken {
  module: string;
  token: { label: string };
  environment: { SOFTHSM2_CONF: string };
}

const usualPlaces = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
];

/**
 * Makes a SoftHSM token in a folder, for evaluation and tests; a token that is there already is left as it is, and one
 * that a crash left without its PIN gets it. All through PKCS#11, since a PIN on a command line can be read by others.
 * SoftHSM finds the folder by SOFTHSM2_CONF, which is set in this process.
 * @throws ProviderError `provider-misconfigured` if SoftHSM or the binding is not there, the label is too long, or the
 *   library is in use in this process with another folder; `provider-unavailable` if the folder cannot be written
 */
export async function createSoftHsmToken(settings: SoftHsmTokenSettings): Promise<SoftHsmToken> {
  checkSettings(settings);
  const file = settings.module ?? findSoftHsm(usualPlaces);
  const environment = { SOFTHSM2_CONF: await writeConfiguration(resolve(settings.folder)) };
  const module = await openModule(file, environment);
  try {
    ensureToken(module.cryptoki, settings);
  } catch (error) {
    throw providerError(error);
  } finally {
    module.release();
  }
  return { module: file, token: { label: settings.label }, environment };
}

/** The token of that label, as it is if it is there and has its PIN. */
function ensureToken(cryptoki: Cryptoki, settings: SoftHsmTokenSettings): void {
  const [slot] = slotsOf(cryptoki, { label: settings.label });
  const finished = flags.CKF_USER_PIN_INITIALIZED;
  if (slot !== undefined && (cryptoki.C_GetTokenInfo(slot).flags & finished) !== 0) return;
  const { label, pin, soPin } = settings;
  initializeToken(cryptoki, { label, pin, soPin });
}

/**
 * The path of SoftHSM's library: the first of these places where there is a file.
 * @throws ProviderError `provider-misconfigured` that says what to install
 */
export function findSoftHsm(places: readonly string[]): string {
  const file = places.find((path) => existsSync(path));
  if (file !== undefined) return file;
  throw new ProviderError('provider-misconfigured', {
    field: 'module',
    why: 'SoftHSM is not installed',
    next: 'Install it (on Debian: apt-get install softhsm2), or name its library.',
  });
}

/** Written anew each time, since the folder may have been moved; whole or not at all. */
async function writeConfiguration(folder: string): Promise<string> {
  const tokens = join(folder, 'tokens');
  const path = join(folder, 'softhsm2.conf');
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const lines = [
    `directories.tokendir = ${tokens}`,
    'objectstore.backend = file',
    'log.level = ERROR',
    'slots.removable = false',
    '',
  ];
  try {
    await mkdir(tokens, { recursive: true, mode: 0o700 });
    await writeFile(temporary, lines.join('\n'), { mode: 0o600 });
    await rename(temporary, path);
    return path;
  } catch (cause) {
    throw new ProviderError('provider-unavailable', { why: "the token's folder did not answer", cause });
  }
}

function checkSettings({ label, folder }: SoftHsmTokenSettings): void {
  checkLabel(label);
  if (/[#\r\n]/.test(resolve(folder))) {
    throw new ProviderError('provider-misconfigured', {
      field: 'folder',
      why: "has a character in its path that SoftHSM's configuration cannot hold",
    });
  }
}
