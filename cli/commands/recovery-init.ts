import { existsSync } from 'node:fs';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { SetUpError } from '#domain/errors.ts';
import { writeFileAtomically } from '#runtime/atomic-file.ts';
import { type Command, readArguments } from '../command.ts';
import { exitStatus, writeJson } from '../output.ts';

/** Makes an organization's recovery key, offline. The service is given the public half only. */
export const recoveryInit: Command = {
  words: ['recovery', 'init'],
  summary: "make an organization's recovery key, offline",
  help: `escrow recovery init --out FILE [--public FILE]

Makes the key pair that escrowed backups are sealed to. The private half is written to FILE, readable by you alone,
and nowhere else: keep it offline, in two places. The public half goes to standard output, and to --public if named;
the service is given that one. A file that exists is never overwritten.

  --out FILE      where the private half goes (JWK, mode 0600)
  --public FILE   where the public half goes, too

Exit status: 0 made, 1 not made, 2 wrong usage.
Example: escrow recovery init --out recovery.private.jwk --public recovery.jwk
`,
  async run(args, output) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' },
      public: { type: 'string' },
      json: { type: 'boolean' },
    });
    if (values.out === undefined || positionals.length > 0) {
      throw new SetUpError('usage', { why: '--out must name the file for the private half.' });
    }
    for (const file of [values.out, values.public]) {
      if (file !== undefined && existsSync(file)) {
        throw new SetUpError('refuses-to-overwrite', { field: file, why: 'exists already.' });
      }
    }
    const { publicKey, privateKey } = await makeRecoveryKey();
    await writeFileAtomically(values.out, `${JSON.stringify(privateKey, null, 2)}\n`, { mode: 0o600 });
    if (values.public !== undefined) {
      await writeFileAtomically(values.public, `${JSON.stringify(publicKey, null, 2)}\n`);
    }
    output.message(`The private half is in ${values.out}. Without it, nothing in escrow can be recovered.`);
    writeJson(output, publicKey);
    return exitStatus.ok;
  },
};
