import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { probed } from '../token/ask-token.ts';
import { withToken } from '../token/log-in.ts';
import { tokenOptions } from '../token/options.ts';
import { describeProbe } from '../token/probe-report.ts';

/** Tries on a token everything that the service may want of it. */
export const tokenProbe = command({
  words: ['token', 'probe'],
  group: 'Keys in a token',
  summary: 'try what a token can do, and say what it cannot',
  about: [
    'Logs in to a token, reads its library, firmware and mechanisms, and tries everything that the service may want of it on keys that are thrown away: making keys, each way to sign, HMAC, wrapping keys at rest, each rung of the export ladder, bringing keys in, and refusing to give up a key that must not leave. Other keys are not touched, and nothing is left in the token.',
    'It says of each need whether it works and how, what is missing, and what that means for the service. It takes seconds, on a slow token minutes. Run it again after each change of firmware, library or token policy.',
  ],
  options: {
    ...tokenOptions,
    mechanisms: { type: 'boolean', says: 'list every mechanism of the token, too' },
    json: jsonOption,
  },
  exits: { 0: 'everything works', 1: 'not tried', 3: 'something is missing' },
  examples: [
    ['escrow token probe --data .escrow-demo', 'after npm run demo -- --keys pkcs11'],
    'escrow token probe --module /usr/lib/softhsm/libsofthsm2.so --token LABEL --pin file:/etc/escrow/pin',
  ],
  async run({ json, mechanisms, ...values }, context) {
    const report = await withToken(values, context, ({ login }) => probed(login));
    if (json === true) await writeJson(context.output, report);
    else await context.output.data(describeProbe(report, { mechanisms: mechanisms === true }));
    return report.missing.length === 0 ? exitStatus.ok : exitStatus.some;
  },
});
