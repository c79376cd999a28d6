import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { initialize } from '../token/initialize.ts';
import { nextSteps } from '../token/next-steps.ts';
import { libraryOptions } from '../token/options.ts';
import { describeNewToken } from '../token/slot-table.ts';

/** Initializes a blank token. */
export const tokenInit = command({
  words: ['token', 'init'],
  group: 'Keys in a token',
  summary: 'initialize a blank token, with its label and its PINs',
  about: [
    "Gives a blank token its label, the PIN of its security officer and the user PIN that the service logs in by. A token that is initialized already is refused and left as it is: its keys would be lost. Where a library lets no application do this (AWS CloudHSM, YubiHSM 2), the vendor's own tool does.",
    'The PINs are asked for, twice each, or read from where --pin and --so-pin say, or made by --generate-pins-to: 16 digits each, in the files pin and so-pin of that folder, mode 0600, never written over. Keep that of the security officer elsewhere: the service needs it never.',
    'With --data a SoftHSM token is made in the data folder of a service on this machine, for evaluation: settings, token and PINs stand in DIR/token, where npm start -- --data DIR --keys pkcs11 looks for them.',
  ],
  options: {
    label: {
      type: 'string',
      value: 'LABEL',
      says: 'the label that the token gets, up to 32 bytes; must be given without --data',
    },
    slot: {
      type: 'string',
      value: 'NUMBER',
      says: 'which slot, as escrow token list shows it; the first blank token if not given',
    },
    pin: {
      type: 'string',
      value: 'SOURCE',
      says: 'where the user PIN is: file:PATH, env:NAME or secretsmanager:NAME[#FIELD]. Without it you are asked.',
    },
    'so-pin': {
      type: 'string',
      value: 'SOURCE',
      says: "where the security officer's PIN is. Without it you are asked.",
    },
    'generate-pins-to': { type: 'string', value: 'DIR', says: 'make both PINs, and write them there' },
    module: libraryOptions.module,
    data: {
      type: 'string',
      value: 'DIR',
      says: 'make a SoftHSM token in the data folder of a service on this machine, for evaluation',
    },
    json: jsonOption,
  },
  exits: { 0: 'initialized', 1: 'not initialized' },
  examples: [
    ['escrow token init --data .escrow', 'a SoftHSM token for evaluation'],
    'escrow token init --module /opt/vendor/libpkcs11.so --label escrow --generate-pins-to /etc/escrow/pins',
    'escrow token init --label escrow --slot 1 --pin file:/etc/escrow/pin --so-pin env:SO_PIN',
  ],
  async run({ json, ...values }, context) {
    const { output } = context;
    const { slot, ...place } = await initialize(values, context);
    if (json === true) await writeJson(output, slot);
    else await output.data(describeNewToken(slot));
    output.message(nextSteps({ ...place, data: values.data }));
    return exitStatus.ok;
  },
});
