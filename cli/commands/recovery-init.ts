import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { keptIn, makeRecoveryKeyFiles } from '../recovery-key.ts';

/** Makes an organization's recovery key, offline. The service is given the public half only. */
export const recoveryInit = command({
  words: ['recovery', 'init'],
  group: 'Start',
  summary: "make an organization's recovery key, offline",
  about: [
    'Makes the key pair that escrowed backups are sealed to. The private half is written to FILE, readable by you alone, and nowhere else: keep it offline, in two places. The public half goes to standard output, and to --public if named; the service is given that one. A file that exists is never overwritten.',
    'escrow init does this, too, on the way.',
  ],
  options: {
    out: {
      type: 'string',
      value: 'FILE',
      says: 'where the private half goes (JWK, mode 0600)',
      required: '--out must name the file for the private half.',
    },
    public: { type: 'string', value: 'FILE', says: 'where the public half goes, too' },
    json: { ...jsonOption, says: 'the public half as JSON, as it is without this option' },
  },
  exits: { 0: 'made', 1: 'not made' },
  examples: ['escrow recovery init --out recovery.private.jwk --public recovery.jwk'],
  async run(values, { output }) {
    const publicKey = await makeRecoveryKeyFiles(values.out ?? '', values.public);
    output.message(keptIn(values.out ?? ''));
    await writeJson(output, publicKey);
    return exitStatus.ok;
  },
});
