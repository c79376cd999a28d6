import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ProviderError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { checkLabel } from './initialize-token.ts';
import { ensureToken } from './token-administration.ts';

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

/** The token that stands in a data folder, with its PINs beside it, which is what an evaluation token is worth. */
export const evaluationToken = {
  /** In the data folder. */
  folder: 'token',
  label: 'enrollment-key-escrow',
  /** In that folder, 0600. */
  pinFile: 'pin',
  soPinFile: 'so-pin',
} as const;

/**
 * Makes a SoftHSM token in a folder, for evaluation and tests; a token that is there already is left as it is, and one
 * that a crash left without its PIN gets it. All through PKCS#11, since a PIN on a command line can be read by others, and
 * in a process of its own, so that this one never loads the library. SoftHSM finds the folder by SOFTHSM2_CONF.
 * @throws ProviderError `provider-misconfigured` if SoftHSM or the binding is not there, or the label is too long;
 *   `provider-unavailable` if the folder cannot be written
 */
export async function createSoftHsmToken(settings: SoftHsmTokenSettings): Promise<SoftHsmToken> {
  const { label } = settings;
  checkLabel(label);
  const module = settings.module ?? findSoftHsm();
  const library = { module, environment: await softHsmEnvironment(settings.folder) };
  const pin = async () => copyOf(settings.pin);
  await ensureToken(library, { label, pin, soPin: async () => copyOf(settings.soPin) });
  return { ...library, token: { label } };
}

/** Who initializes a token erases the PINs, which are the caller's here. */
function copyOf(secret: Secret): Secret {
  return new Secret(Uint8Array.from(secret.bytes()));
}

/**
 * The path of SoftHSM's library: the first of these places where there is a file.
 * @param places where Linux distributions and Homebrew put it, if not given
 * @throws ProviderError `provider-misconfigured` that says what to install
 */
export function findSoftHsm(places: readonly string[] = usualPlaces): string {
  const file = places.find((path) => existsSync(path));
  if (file !== undefined) return file;
  throw new ProviderError('provider-misconfigured', {
    field: 'module',
    why: 'SoftHSM is not installed',
    next: 'Install it (on Debian: apt-get install softhsm2), or name its library.',
  });
}

/**
 * Has SoftHSM keep its tokens in a folder: makes the folder where it is not there, for its owner alone, and its configuration,
 * which is written anew where the folder was moved.
 * @returns the variables that SoftHSM's library reads
 * @throws ProviderError `provider-misconfigured` for a path that the configuration cannot hold; `provider-unavailable` if
 *   the folder cannot be written
 */
export async function softHsmEnvironment(folder: string): Promise<SoftHsmToken['environment']> {
  const absolute = resolve(folder);
  checkFolder(absolute);
  const path = join(absolute, 'softhsm2.conf');
  const tokens = join(absolute, 'tokens');
  try {
    await mkdir(tokens, { recursive: true, mode: 0o700 });
    await writeConfiguration(path, configurationOf(tokens));
  } catch (cause) {
    throw new ProviderError('provider-unavailable', { why: "the token's folder did not answer", cause });
  }
  return { SOFTHSM2_CONF: path };
}

function configurationOf(tokens: string): string {
  const lines = [
    `directories.tokendir = ${tokens}`,
    'objectstore.backend = file',
    'log.level = ERROR',
    'slots.removable = false',
    '',
  ];
  return lines.join('\n');
}

/** Whole or not at all; and not at all where it is so already, as whoever only looks at a token changes nothing. */
async function writeConfiguration(path: string, content: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === content) return;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, path);
}

function checkFolder(folder: string): void {
  if (!/[#\r\n]/.test(folder)) return;
  throw new ProviderError('provider-misconfigured', {
    field: 'folder',
    why: "has a character in its path that SoftHSM's configuration cannot hold",
  });
}
