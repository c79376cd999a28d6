import { createPrivateKey, createPublicKey, randomBytes, sign, verify as verifySignature } from 'node:crypto';
import { provePfx } from '#crypto/pfx/prove.ts';
import { type PfxContent, readPfx } from '#crypto/pfx/read.ts';
import { humanIterations } from '#crypto/pfx/write.ts';
import { isPlaceholder } from '#crypto/placeholder-certificate.ts';
import { keySpecOf, spkiSha256 } from '#crypto/public-key.ts';
import { asEscrowError, EscrowError, PfxError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { type Command, onlyFile, readArguments } from '../command.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readNamedFile } from '../read-file.ts';
import { readSecret } from '../read-secret.ts';

/** What is known of a file after trying to open it. */
interface Verdict {
  opens: boolean;
  code: string | null;
  profile: string | null;
  iterations: PfxContent['iterations'] | null;
  key: { spec: string | null; spkiSha256: string } | null;
  certificate: 'placeholder' | 'issued' | 'none' | null;
  friendlyName: string | null;
  problems: string[];
}

/** Opens a PFX, offline, tries its key, and says what it is. */
export const verify: Command = {
  words: ['verify'],
  summary: 'open a PFX file and try its key',
  help: `escrow verify FILE [--password-file FILE] [--json]

Opens a PFX (PKCS#12) file, offline, and tries its private key. The file is not changed.

  --password-file FILE   the file's password, on one line; - reads it from standard input.
                         Without it you are asked.
  --json                 print what was found as JSON

Exit status: 0 it opens and its key works, 1 it does not, 2 wrong usage.
Example: escrow verify obrien_Enroll_EN.pfx --password-file obrien.password.txt
`,
  async run(args, output) {
    const { values, positionals } = readArguments(args, {
      'password-file': { type: 'string' },
      json: { type: 'boolean' },
    });
    const pfx = await readNamedFile(onlyFile(positionals));
    const password = await readSecret('Password of the file: ', values['password-file'], output);
    const verdict = await judge(pfx, password);
    if (values.json === true) writeJson(output, verdict);
    else output.data(describe(verdict));
    return verdict.opens ? exitStatus.ok : exitStatus.no;
  },
};

async function judge(pfx: Uint8Array, password: Secret): Promise<Verdict> {
  try {
    const content = await readPfx(pfx, password, { accept: 'known' });
    return await judgeContent(pfx, password, content);
  } catch (thrown) {
    if (!(thrown instanceof EscrowError)) throw thrown;
    const { code, message, next } = asEscrowError(thrown);
    return { ...nothingKnown, code, problems: [`${message} ${next}`] };
  }
}

const nothingKnown: Verdict = {
  opens: false,
  code: null,
  profile: null,
  iterations: null,
  key: null,
  certificate: null,
  friendlyName: null,
  problems: [],
};

async function judgeContent(pfx: Uint8Array, password: Secret, content: PfxContent): Promise<Verdict> {
  const privateKey = createPrivateKey({
    key: Buffer.from(content.privateKey.bytes()),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKeyObject = createPublicKey(privateKey);
  const publicKey = publicKeyObject.export({ format: 'der', type: 'spki' });
  const message = randomBytes(32);
  if (!verifySignature(null, message, publicKeyObject, sign(null, message, privateKey))) {
    throw new PfxError('pfx-key-mismatch');
  }
  const [leaf] = content.certificates;
  if (content.profile === 'modern' && leaf !== undefined) {
    await provePfx({ pfx, password, publicKey, purpose: 'identity' });
  }
  return {
    opens: true,
    code: null,
    profile: content.profile,
    iterations: content.iterations,
    key: { spec: keySpecOf(publicKey) ?? null, spkiSha256: spkiSha256(publicKey) },
    certificate: leaf === undefined ? 'none' : isPlaceholder(leaf) ? 'placeholder' : 'issued',
    friendlyName: content.friendlyName ?? null,
    problems: problemsOf(content),
  };
}

function problemsOf({ profile, iterations }: PfxContent): string[] {
  const problems: string[] = [];
  if (profile !== 'modern') {
    problems.push(
      'It is not in the modern profile: older algorithms protect it, and some systems refuse it.',
    );
  }
  if (Math.min(iterations.mac, iterations.key, iterations.certificates) < humanIterations) {
    problems.push('Its iteration count suits a random passphrase, not a password that a person chose.');
  }
  return problems;
}

function describe({ opens, profile, iterations, key, certificate, friendlyName, problems }: Verdict): string {
  const notes = problems.map((problem) => `  note         ${problem}`);
  if (!opens) return ['It does not open.', ...notes].join('\n');
  return [
    'It opens, and its private key works.',
    `  key          ${key?.spec ?? 'of a kind that this service does not make'}, SPKI SHA-256 ${key?.spkiSha256 ?? ''}`,
    `  certificate  ${certificate ?? 'none'}`,
    `  name         ${friendlyName ?? '(none)'}`,
    `  profile      ${profile ?? ''}, iterations ${iterations?.mac} (MAC), ${iterations?.key} (key), ${iterations?.certificates} (certificates)`,
    ...notes,
  ].join('\n');
}
