import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { outputOf } from '#test/support/program.ts';
import { password, passwordFile } from './maker.ts';

const days = '7300';
const keys = {
  'rsa-2048': ['rsa:2048'],
  'rsa-3072': ['rsa:3072'],
  'p-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'p-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'p-521': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
} as const;

/**
 * New key pairs in the working folder, all in PEM: NAME.key and NAME.crt for each kind of key, self-signed;
 * chain-leaf.key with chain-leaf.crt, chain-intermediate.crt and chain-root.crt, and the last two in chain-issuers.crt; the
 * password in password.txt.
 */
export async function makeMaterial(): Promise<void> {
  await writeFile(passwordFile, `${password}\n`);
  for (const [name, newKey] of Object.entries(keys)) {
    await request(name, newKey, ['-x509', '-days', days, '-out', `${name}.crt`]);
  }
  await request('chain-root', keys['p-256'], ['-x509', '-days', days, '-out', 'chain-root.crt']);
  await issue('chain-intermediate', 'chain-root', 'CA:TRUE');
  await issue('chain-leaf', 'chain-intermediate', 'CA:FALSE');
  const issuers = await outputOf('cat', ['chain-intermediate.crt', 'chain-root.crt']);
  await writeFile('chain-issuers.crt', issuers);
  await writeFile('chain.crt', Buffer.concat([await outputOf('cat', ['chain-leaf.crt']), issuers]));
}

/** A new key and a certificate or request of it. */
async function request(name: string, newKey: readonly string[], output: readonly string[]): Promise<void> {
  const subject = ['-subj', `/O=Test vectors/CN=${name}`];
  await outputOf('openssl', [
    ...['req', '-newkey', ...newKey, '-noenc', '-keyout', `${name}.key`, ...subject, ...output],
  ]);
}

async function issue(name: string, issuer: string, constraint: string): Promise<void> {
  await request(name, keys['p-256'], ['-out', `${name}.csr`]);
  await writeFile(`${name}.ext`, `basicConstraints=critical,${constraint}\n`);
  await outputOf('openssl', [
    ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`],
    ...['-days', days, '-extfile', `${name}.ext`, '-out', `${name}.crt`],
  ]);
}

/** The RSA key pair, for files that are put together by hand: both DER. */
export async function pair(): Promise<{ pkcs8: Uint8Array; certificate: Uint8Array }> {
  const key = createPrivateKey(await readFile('rsa-2048.key'));
  const { raw } = new X509Certificate(await readFile('rsa-2048.crt'));
  return { pkcs8: key.export({ type: 'pkcs8', format: 'der' }), certificate: raw };
}
