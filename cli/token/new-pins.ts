import { join } from 'node:path';
import type { TokenFacts } from '#adapters/pkcs11/slots.ts';
import { SetUpError } from '#domain/errors.ts';
import { fileError } from '#domain/plain-words.ts';
import { makeFolder } from '#runtime/atomic-file.ts';
import { ArgumentsError } from '../command.ts';
import type { Output } from '../output.ts';
import { isTaken, writeNewFile } from '../write-file.ts';
import { fittingPin, type HeldPin, namedPin, newTypedPin } from './pin.ts';

/** The options that say which PINs a new token gets. */
export interface NewPinValues {
  pin?: string | undefined;
  'so-pin'?: string | undefined;
  'generate-pins-to'?: string | undefined;
}

/** The PINs of a new token. */
export interface NewPins {
  pin: HeldPin;
  soPin: HeldPin;
  /** Where the user's is from then on, as `--pin` takes it; absent if only a person knows it. */
  reference?: string;
  /** The files that they were written to, if they were made. */
  made?: PinFiles;
}

/** Paths. */
interface PinFiles {
  pin: string;
  soPin: string;
}

/**
 * Checks the options, and the references in them, before anything is done.
 * @throws ArgumentsError
 */
export async function checkNewPins(values: NewPinValues): Promise<void> {
  const { pin, 'so-pin': soPin, 'generate-pins-to': folder } = values;
  if (folder !== undefined && (pin ?? soPin) !== undefined) {
    throw new ArgumentsError({
      why: '--generate-pins-to makes both PINs: it does not go with --pin or --so-pin.',
    });
  }
  if (pin !== undefined) await namedPin('--pin', pin);
  if (soPin !== undefined) await namedPin('--so-pin', soPin);
}

/**
 * The PINs that a new token gets: made and written to two files, or read from where they are, or typed twice.
 * @param length of those that the token takes, in bytes
 * @throws SetUpError `refuses-to-overwrite`, `usage`; StoreError `store-unavailable`; Interrupted; what the source of a
 *   PIN throws
 */
export async function readNewPins(
  values: NewPinValues,
  length: TokenFacts['pinLength'],
  output: Output,
): Promise<NewPins> {
  const { pin, 'so-pin': soPin, 'generate-pins-to': folder } = values;
  if (folder !== undefined) return await generatedPins(folder);
  const read = async (what: string, option: string, reference: string | undefined) =>
    fittingPin(await newPin(what, option, reference, output), option, length);
  const user = await read('new PIN of the token', '--pin', pin);
  const officer = await read("new PIN of the token's security officer", '--so-pin', soPin).catch((error) => {
    user.erase();
    throw error;
  });
  return { pin: user, soPin: officer, ...(pin !== undefined && { reference: pin }) };
}

async function newPin(what: string, option: string, reference: string | undefined, output: Output) {
  return reference === undefined
    ? await newTypedPin(what, option, output)
    : await namedPin(option, reference);
}

/**
 * The PINs in two files of a folder, each made where it is not there: a run that was broken off goes on.
 * @throws SetUpError `usage`, StoreError `store-unavailable`
 */
export async function keptPins(folder: string): Promise<NewPins> {
  const files = await pinFiles(folder);
  for (const file of [files.soPin, files.pin]) if (!isTaken(file)) await writeNewPin(file);
  return await pinsIn(files);
}

/** Writes new PINs before the token has them: one whose PIN nobody knows is lost. */
async function generatedPins(folder: string): Promise<NewPins> {
  const files = await pinFiles(folder);
  for (const file of [files.pin, files.soPin]) {
    if (isTaken(file)) {
      throw new SetUpError('refuses-to-overwrite', {
        field: file,
        why: 'it exists already',
        next: 'It may be the PIN of a token: use it by --pin and --so-pin, or name another folder.',
      });
    }
  }
  await makeTokenFolder(folder);
  await writeNewPin(files.soPin);
  await writeNewPin(files.pin);
  return { ...(await pinsIn(files)), made: files };
}

/**
 * Makes a folder that only its owner can look into, unless it is there.
 * @throws SetUpError `usage`, StoreError `store-unavailable`
 */
export async function makeTokenFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder, 0o700);
  } catch (error) {
    throw fileError(folder, error);
  }
}

async function writeNewPin(file: string): Promise<void> {
  const { newPin: makePin } = await import('#adapters/pkcs11/new-pin.ts');
  const pin = makePin();
  await writeNewFile(file, pin.bytes(), 0o600).finally(() => pin.erase());
}

async function pinFiles(folder: string): Promise<PinFiles> {
  const { evaluationToken } = await import('#adapters/pkcs11/softhsm-token.ts');
  return { pin: join(folder, evaluationToken.pinFile), soPin: join(folder, evaluationToken.soPinFile) };
}

async function pinsIn(files: PinFiles): Promise<NewPins> {
  const reference = `file:${files.pin}`;
  const pin = await namedPin('--pin', reference);
  return { pin, soPin: await namedPin('--so-pin', `file:${files.soPin}`), reference };
}
