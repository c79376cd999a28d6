import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { slotsOf } from '../token/ask-token.ts';
import { libraryOf } from '../token/library.ts';
import { libraryOptions } from '../token/options.ts';
import { slotWithPins } from '../token/pin-states.ts';
import { describeSlots, nextWithSlots } from '../token/slot-table.ts';

/** Lists the slots of a token library, and the tokens in them. */
export const tokenList = command({
  words: ['token', 'list'],
  group: 'Keys in a token',
  summary: 'list the slots and tokens of a PKCS#11 library',
  about: [
    "Lists the slots of a token's PKCS#11 library and the tokens in them: label, model, serial number, firmware, and how the PIN stands. No PIN is needed. A token of the service is named by its label, or by its serial number where labels are not unique; slot numbers move.",
    'PIN is ok, none yet, FEW TRIES LEFT (wrong ones were tried), LAST TRY (one more wrong one locks the token) or LOCKED; what to do about it is said.',
  ],
  options: { ...libraryOptions, json: jsonOption },
  exits: { 0: 'listed', 1: 'not listed' },
  examples: [
    'escrow token list',
    'escrow token list --module /usr/lib/x86_64-linux-gnu/pkcs11/yubihsm_pkcs11.so',
  ],
  async run({ json, ...values }, context) {
    const library = await libraryOf(values, context);
    const { output } = context;
    const found = await slotsOf(library);
    if (json === true) await writeJson(output, { ...found, slots: found.slots.map(slotWithPins) });
    else await output.data(describeSlots(found));
    const next = nextWithSlots(found.slots);
    if (next !== undefined) output.message(next);
    return exitStatus.ok;
  },
});
