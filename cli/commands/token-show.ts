import { ArgumentsError, command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { withToken } from '../token/log-in.ts';
import { tokenOptions } from '../token/options.ts';
import { describeShown, isAsItMustBe, keysToShow } from '../token/shown-keys.ts';

/** Shows the keys in a token, and has the token prove that it keeps them. */
export const tokenShow = command({
  words: ['token', 'show'],
  group: 'Keys in a token',
  summary: 'show the keys in a token, and challenge it to keep one',
  about: [
    "Shows the private and secret keys that stand in a token, those of others too: what the service has each for, where it comes from, and whether it can leave. Keys at rest outside, wrapped under the token's, are not in it. Told loudly is what is not as it must be, as a key of the service's that can be taken out.",
    'KEY names one: the beginning of its id, its label, or the beginning of its public key (SPKI SHA-256), as escrow show tells it of an enrollment.',
    '--challenge tries to take that key out, as whoever has the PIN could: to read it, to wrap it, to loosen what guards it. What the token itself answers is shown. The key is left as it was, and what came out is not kept.',
  ],
  operand: { name: 'KEY' },
  options: {
    challenge: { type: 'boolean', says: 'try to take the key out, and show what the token answers' },
    ...tokenOptions,
    json: jsonOption,
  },
  exits: { 0: 'shown, and all is as it must be', 1: 'not shown, or a key can leave that must not' },
  examples: [
    ['escrow token show --data .escrow-demo', 'after npm run demo -- --keys pkcs11'],
    'escrow token show 3f8a21 --challenge --module /opt/vendor/libpkcs11.so --token escrow --pin file:/etc/escrow/pin',
  ],
  async run({ json, challenge, ...values }, context, named) {
    if (challenge === true && named === '') {
      throw new ArgumentsError({ why: '--challenge is of one key: KEY must name it.' });
    }
    const { output } = context;
    const { shown, token } = await withToken(values, context, async (opened) => ({
      shown: await keysToShow(opened, named, challenge === true),
      token: opened.token,
    }));
    if (json === true) await writeJson(output, shown);
    else await output.data(describeShown(shown, token, named));
    const good = isAsItMustBe(shown);
    if (!good) output.message('escrow: NOT ALL IS AS IT MUST BE: see WRONG, or what the token let through.');
    if (named === '' && json !== true && shown.keys.length > 0) {
      output.message('To have the token prove that it keeps one: escrow token show KEY --challenge');
    }
    return good ? exitStatus.ok : exitStatus.no;
  },
});
