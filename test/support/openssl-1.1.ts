import { fileURLToPath } from 'node:url';
import { openssl11Node } from '#test/setup/openssl-1.1.ts';
import { runProgram } from './program.ts';

/** What OpenSSL 1.1.1 made of a PFX. */
export interface OpeningByOpenssl11 {
  opens: boolean;
  /** Why it does not, in OpenSSL's words; empty if it does. */
  message: string;
  /** OpenSSL's own version, such as `1.1.1v+quic`. */
  version: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** For Node 16: reads the password from standard input, and loads the file as a TLS server would. */
const script = `
const { readFileSync } = require('fs');
const answer = (opens, message) =>
  console.log(JSON.stringify({ opens, message, version: process.versions.openssl }));
try {
  const passphrase = readFileSync(0, 'utf8');
  require('tls').createSecureContext({ pfx: readFileSync(process.argv[1]), passphrase });
  answer(true, '');
} catch (error) {
  answer(false, error.message);
}`;

/**
 * Opens a PFX by the OpenSSL 1.1.1 of Node 16: a MAC, a private key and certificates, which it uses for a TLS context. Fails
 * the test if that Node does not run.
 */
export async function opensWithOpenssl11(file: string, password: string): Promise<OpeningByOpenssl11> {
  // The options of the Node that runs the tests are not all known to this one.
  const environment = { NODE_OPTIONS: '' };
  const ran = await runProgram(openssl11Node(root), ['-e', script, file], password, environment);
  if (ran.status !== 0) throw new TypeError(`Node 16 ended with ${ran.status}: ${ran.stderr}`);
  const answer: OpeningByOpenssl11 = JSON.parse(ran.stdout.toString());
  return answer;
}
