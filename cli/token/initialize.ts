import { join } from 'node:path';
import type { SlotFacts } from '#adapters/pkcs11/slots.ts';
import type { TokenLibrary } from '#adapters/pkcs11/token-administration.ts';
import { EscrowError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { ArgumentsError, type Context } from '../command.ts';
import { slotsOf } from './ask-token.ts';
import { blankSlot } from './blank-slot.ts';
import { checkSettings, libraryOf, settingsIn } from './library.ts';
import {
  checkNewPins,
  keptPins,
  makeTokenFolder,
  type NewPins,
  type NewPinValues,
  readNewPins,
} from './new-pins.ts';
import type { LibraryValues } from './options.ts';
import { inOurWords } from './token-error.ts';

export interface InitializeValues extends LibraryValues, NewPinValues {
  label?: string | undefined;
  slot?: string | undefined;
}

/** What was made. */
export interface InitializedToken {
  slot: SlotFacts;
  module: string;
  label: string;
  /** Where its PIN is, as `--pin` takes it; absent if only a person knows it. */
  pin?: string;
}

/**
 * Initializes a blank token: checks what can be checked, then reads, asks for or makes its PINs, then does it.
 * @throws ArgumentsError; SetUpError `usage`, `refuses-to-overwrite`; StoreError `store-unavailable`;
 *   ProviderError `provider-misconfigured`, `provider-unavailable`
 */
export async function initialize(values: InitializeValues, context: Context): Promise<InitializedToken> {
  const { label, library, folder } = await placeFor(values, context);
  const { slots } = await slotsOf(library);
  const { slot, token } = blankSlot(slots, {
    slot: values.slot,
    label,
    named: folder === undefined ? '--label' : '--data',
  });
  context.output.message(printable(`The token in slot ${slot} (${token?.model ?? 'of no name'}) is blank.`));
  const length = token?.pinLength ?? { least: 1 };
  const pins =
    folder === undefined ? await readNewPins(values, length, context.output) : await keptPins(folder);
  context.output.message(printable(`It becomes ${label}.`));
  const { initializeBlankToken } = await import('#adapters/pkcs11/token-administration.ts');
  try {
    const made = { slot, label, pin: pins.pin.source, soPin: pins.soPin.source };
    const facts = await inOurWords(() => initializeBlankToken(library, made), '--so-pin');
    return {
      slot: facts,
      module: library.module,
      label,
      ...(pins.reference !== undefined && { pin: pins.reference }),
    };
  } catch (error) {
    if (folder === undefined) tellPins(pins, context);
    throw error;
  } finally {
    pins.pin.erase();
    pins.soPin.erase();
  }
}

interface Place {
  label: string;
  library: TokenLibrary;
  /** Of the token in a data folder: where its PINs stand unless others are named. */
  folder?: string;
}

/** Where the token is to be, and under which label. */
async function placeFor(values: InitializeValues, context: Context): Promise<Place> {
  await checkNewPins(values);
  if (values.data !== undefined) return await placeInData(values, values.data);
  const { label } = values;
  if (label === undefined) {
    throw new ArgumentsError({ why: '--label must name the token, or --data a data folder.' });
  }
  await checkNewLabel(label);
  const library = await libraryOf(values, context);
  checkSettings(library.module, context.environment);
  return { label, library };
}

/** A label that no token takes is a mistake in the arguments, whatever token it is. */
async function checkNewLabel(label: string): Promise<void> {
  const { checkLabel } = await import('#adapters/pkcs11/initialize-token.ts');
  try {
    checkLabel(label);
  } catch (error) {
    if (!(error instanceof EscrowError)) throw error;
    throw new ArgumentsError({ ...error.details, field: '--label' });
  }
}

/** In a data folder it is SoftHSM's token, with the label and the PIN files that the service looks for there. */
async function placeInData(values: InitializeValues, data: string): Promise<Place> {
  const { evaluationToken, findSoftHsm } = await import('#adapters/pkcs11/softhsm-token.ts');
  const { label } = evaluationToken;
  if (values.label !== undefined && values.label !== label) {
    throw new ArgumentsError({
      why: `--label does not go with --data: there the service looks for ${label}.`,
    });
  }
  if (hasPins(values)) {
    throw new ArgumentsError({
      why: 'With --data the PINs are made and stand beside the token: leave out the options for them.',
    });
  }
  const module = values.module ?? (await inOurWords(() => findSoftHsm()));
  const folder = join(data, evaluationToken.folder);
  await makeTokenFolder(folder);
  return { label, folder, library: { module, environment: await settingsIn(folder) } };
}

function hasPins(values: NewPinValues): boolean {
  return (values.pin ?? values['so-pin'] ?? values['generate-pins-to']) !== undefined;
}

/** A token may have the PINs that were made for it although no answer came, so they are kept, and said where. */
function tellPins({ made }: NewPins, { output }: Context): void {
  if (made === undefined) return;
  const { pin, soPin } = made;
  output.message(
    printable(
      `The PINs that were made are in ${pin} and ${soPin}; the token may have them already. Go on with --pin file:${pin} --so-pin file:${soPin}.`,
    ),
  );
}
