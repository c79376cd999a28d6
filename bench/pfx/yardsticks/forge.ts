import { readFileSync } from 'node:fs';
import forge from 'node-forge';
import { inClear, type PfxFacts, pbes2 } from '../facts.ts';
import { friendlyName, type Subject } from '../subject.ts';
import type { Work, Yardstick, YardstickKind } from './yardstick.ts';

/** node-forge, on the thread that calls it: it has no other way. */
export const nodeForge: YardstickKind = {
  name: 'forge',
  does: {
    write:
      'the key as ours; the certificate in clear and a SHA-1 MAC, as it has no other: two derivations of three; the event loop stands still meanwhile',
    open: 'the MAC, the key, the certificate, nothing matched; the event loop stands still meanwhile',
  },
  isSlow: true,
  facts,
  open,
};

async function open(subject: Subject): Promise<Yardstick> {
  const writeOne = writer(subject);
  const password = subject.password.text();
  return {
    version: `node-forge ${versionOfForge()} in JavaScript on Node ${process.version}`,
    write: async (iterations) => Buffer.from(writeOne(iterations), 'latin1'),
    time: async (work) => time(work, () => writeOne(work.iterations), password),
    close: async () => undefined,
  };
}

function facts(iterations: number): PfxFacts {
  return {
    mac: `sha1, Iteration ${iterations}`,
    key: pbes2('AES-256-CBC', iterations),
    certificates: inClear,
  };
}

function versionOfForge(): string {
  const manifest = readFileSync(new URL('../../../node_modules/node-forge/package.json', import.meta.url));
  return JSON.parse(manifest.toString()).version;
}

/** Key and certificate are parsed once, outside of what is timed. */
function writer({ privateKey, certificate, password }: Subject): (iterations: number) => string {
  const key = forge.pki.privateKeyFromAsn1(parsed(privateKey.bytes()));
  const leaf = forge.pki.certificateFromAsn1(parsed(certificate));
  return (count) => {
    // The type does not know of the pseudo-random function; without it, it is HMAC-SHA1.
    const options = { algorithm: 'aes256', prfAlgorithm: 'sha256', saltSize: 16, count } as const;
    const pfx = forge.pkcs12.toPkcs12Asn1(key, [leaf], password.text(), { ...options, friendlyName });
    return forge.asn1.toDer(pfx).getBytes();
  };
}

function parsed(der: Uint8Array): forge.asn1.Asn1 {
  return forge.asn1.fromDer(Buffer.from(der).toString('latin1'));
}

function time({ mode, rounds, pfx }: Work, writeOne: () => void, password: string): number {
  const bytes = Buffer.from(pfx).toString('latin1');
  const openOne = () => forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes), true, password);
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) {
    if (mode === 'write') writeOne();
    else openOne();
  }
  return Number(process.hrtime.bigint() - start) / rounds;
}
