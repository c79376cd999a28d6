import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenLibrary } from '#adapters/pkcs11/token-administration.ts';
import { ProviderError, SetUpError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import type { Context } from '../command.ts';
import type { LibraryValues } from './options.ts';
import { inOurWords } from './token-error.ts';

/** The variable that names the library where no option does. */
const moduleVariable = 'ESCROW_TOKEN_MODULE';

/** A library, and what stands in the data folder that was named. */
export interface OpenedLibrary extends TokenLibrary {
  /** Reference to the PIN of the token in the data folder, as `--pin` takes it. */
  pin?: string;
}

/**
 * The library that was meant: by option, else by the environment, else SoftHSM. What was not named is said.
 * @throws ProviderError `provider-misconfigured` if SoftHSM is not there; SetUpError `usage` if the data folder has no token
 */
export async function libraryOf(values: LibraryValues, context: Context): Promise<OpenedLibrary> {
  if (values.data === undefined) return { module: await moduleOf(values.module, context) };
  const { evaluationToken, findSoftHsm } = await import('#adapters/pkcs11/softhsm-token.ts');
  const folder = join(values.data, evaluationToken.folder);
  if (!existsSync(join(folder, 'tokens'))) throw noToken(values.data, folder);
  const pinFile = join(folder, evaluationToken.pinFile);
  return {
    module: values.module ?? (await inOurWords(() => findSoftHsm())),
    environment: await settingsIn(folder),
    ...(existsSync(pinFile) && { pin: `file:${pinFile}` }),
  };
}

/** The settings of SoftHSM for a folder of its own, written where they are not there. Throws as `softHsmEnvironment`. */
export async function settingsIn(folder: string): Promise<{ SOFTHSM2_CONF: string }> {
  const { softHsmEnvironment } = await import('#adapters/pkcs11/softhsm-token.ts');
  return await inOurWords(() => softHsmEnvironment(folder));
}

async function moduleOf(option: string | undefined, { environment, output }: Context): Promise<string> {
  if (option !== undefined) return option;
  const named = environment[moduleVariable];
  if (named !== undefined && named !== '') {
    output.message(printable(`Library: ${named} (by ${moduleVariable})`));
    return named;
  }
  const { findSoftHsm } = await import('#adapters/pkcs11/softhsm-token.ts');
  const module = await inOurWords(() => findSoftHsm());
  const settings = environment['SOFTHSM2_CONF'];
  const where = settings === undefined ? 'the settings of the system' : settings;
  output.message(printable(`Library: ${module} (SoftHSM, by ${where}; --module names another)`));
  return module;
}

function noToken(data: string, folder: string): SetUpError {
  return new SetUpError('usage', {
    field: '--data',
    why: `there is no token in it: ${folder} is not there`,
    next: `Have one made: npm run demo -- --keys pkcs11, or escrow token init --data ${data}.`,
  });
}

/**
 * SoftHSM makes tokens where its settings say. Those of the system are hardly meant, so a person says so.
 * @throws ProviderError `provider-misconfigured`
 */
export function checkSettings(module: string, environment: Context['environment']): void {
  if (!/softhsm/i.test(module) || environment['SOFTHSM2_CONF'] !== undefined) return;
  throw new ProviderError('provider-misconfigured', {
    why: 'SoftHSM makes its tokens where the file says that the variable SOFTHSM2_CONF names, and it names none.',
    next: 'Set it, or name a folder with --data DIR: the settings are written there, and the token stands there.',
  });
}
