import { createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PfxEncryption, PfxIntegrity } from '#domain/pfx-profile.ts';
import { runProgram } from '#test/support/program.ts';
import { type PfxVector, pfxVectors, vectorBytes, vectorFolder } from './pfx/vector.ts';

/** What the openssl program says of a file: its structure on standard error, its content on standard output. */
async function opened({ file, password }: Pick<PfxVector, 'file' | 'password'>, ...options: string[]) {
  const path = fileURLToPath(new URL(file, vectorFolder));
  const args = ['pkcs12', '-in', path, '-passin', 'stdin', '-info', '-noenc', ...options];
  const { status, stdout, stderr } = await runProgram('openssl', args, `${password}\n`);
  return { opens: status === 0, output: stdout.toString('latin1'), messages: stderr };
}

const count = (text: string, mark: string) => text.split(mark).length - 1;

const opening = pfxVectors.filter(({ openssl3 }) => openssl3 !== 'refuses');
const refused = pfxVectors.filter(({ openssl3 }) => openssl3 === 'refuses');
const needingLegacy = pfxVectors.filter(({ openssl3 }) => openssl3 === 'opens -legacy');
/** Those that no other password opens. */
const protectedOnes = opening.filter(({ traits }) => traits.integrity !== 'none');

describe('the openssl program finds in a vector what the index says', () => {
  it.each(opening)('$file', async (vector) => {
    const { holds, traits, openssl3 } = vector;
    const { opens, output, messages } = await opened(vector, ...(openssl3 === 'opens' ? [] : ['-legacy']));
    expect(opens, messages).toBe(true);
    expect(count(output, '-----BEGIN PRIVATE KEY-----')).toBe(holds.keys.length);
    expect(count(output, '-----BEGIN CERTIFICATE-----')).toBe(holds.certificates);
    expect(messages.includes('Secret bag')).toBe(holds.others.includes('a secret'));
    expect(nameIn(output)).toBe(lowOctets(holds.friendlyName));
    expect(traitsIn(messages)).toEqual(traits);
  });
});

describe('the openssl program does not open', () => {
  it.each(protectedOnes)('$file under another password', async (vector) => {
    const { opens } = await opened({ file: vector.file, password: 'another password' }, '-legacy');
    expect(opens).toBe(false);
  });

  it.each(needingLegacy)('$file without its legacy algorithms', async (vector) => {
    expect((await opened(vector)).opens).toBe(false);
  });

  it.each(refused)('$file', async (vector) => {
    expect((await opened(vector, '-legacy')).opens).toBe(false);
  });
});

describe("Node's own OpenSSL, which knows PBMAC1", () => {
  it.each(pfxVectors.filter(({ maker }) => maker === 'rfc9879'))('agrees with RFC 9879: $notes', (vector) => {
    const open = () =>
      createSecureContext({ pfx: Buffer.from(vectorBytes(vector)), passphrase: vector.password });
    if (vector.notes?.includes(': valid')) expect(open).not.toThrow();
    else expect(open).toThrow(/mac verify failure|parse error/);
  });
});

/** The friendly name of the first private key. */
function nameIn(output: string): string | null {
  const end = output.indexOf('-----BEGIN PRIVATE KEY-----');
  if (end < 0) return null;
  const attributes = output.slice(output.slice(0, end).lastIndexOf('Bag Attributes'), end);
  return /^\s*friendlyName: ([^\n]*)$/m.exec(attributes)?.[1] ?? null;
}

/** All that openssl prints of a name: the low octet of each UTF-16 code unit. */
function lowOctets(name: string | null): string | null {
  return name === null ? null : Buffer.from(name, 'latin1').toString('latin1');
}

/** PfxTraits, from the structure that openssl prints, a line for each part. */
function traitsIn(messages: string) {
  const keys = new Set<PfxEncryption>();
  const certificates = new Set<PfxEncryption>();
  let safe: PfxEncryption = 'none';
  for (const line of messages.split('\n')) {
    if (line.startsWith('PKCS7 Data')) safe = 'none';
    // A secret bag ends without a line break.
    if (line.includes('PKCS7 Encrypted data: ')) safe = encryptionOf(line);
    if (line.startsWith('Shrouded Keybag: ')) keys.add(encryptionOf(line));
    if (line.startsWith('Key bag')) keys.add(safe);
    if (line.startsWith('Certificate bag')) certificates.add(safe);
  }
  const iterations = [...messages.matchAll(/Iteration (\d+)/g)].map(([, digits]) => Number(digits));
  return {
    keys: [...keys],
    certificates: [...certificates],
    integrity: integrityOf(messages),
    mostIterations: Math.max(0, ...iterations),
  };
}

function encryptionOf(line: string): PfxEncryption {
  if (line.includes('pbeWithSHA1And3-KeyTripleDES-CBC')) return 'sha1-triple-des';
  if (line.includes('pbeWithSHA1And40BitRC2-CBC')) return 'sha1-rc2-40';
  if (line.includes('pbeWithSHA1And128BitRC2-CBC')) return 'sha1-rc2-128';
  if (/PBES2, PBKDF2, AES-256-CBC, Iteration \d+, PRF hmacWithSHA256/.test(line))
    return 'pbes2-aes256-sha256';
  if (/PBES2, PBKDF2, AES-/.test(line)) return 'pbes2-aes';
  return line.includes('PBES2') ? 'pbes2-other' : 'other';
}

function integrityOf(messages: string): PfxIntegrity {
  const digest = /^MAC: (\w+), Iteration/m.exec(messages)?.[1];
  if (digest === undefined) return 'none';
  if (digest === 'sha1' || digest === 'sha256') return `mac-${digest}`;
  return digest.startsWith('sha') ? 'mac-sha2-other' : 'other';
}
