import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';
import { pfxVectors, vectorBytes } from '#test/vectors/pfx/vector.ts';
import { anatomy } from './anatomy.ts';
import { fingerprint } from './content.ts';
import { issuerCertificate, material } from './material.ts';
import { passwords } from './plan.ts';
import { encode, type Tlv } from './tlv.ts';

/** A file that is changed, taken apart. */
export interface Base {
  name: string;
  password: string;
  tree: Tlv;
  /** What it holds, where that is one whole pair: `fingerprint`. */
  content: string | undefined;
  /** Whether the strict reader of some profile takes it. */
  strict: boolean;
  /** Its private keys, PKCS#8. */
  privateKeys: readonly Uint8Array[];
}

/** The kept vectors, and files of our own of each profile and two kinds of key: the same in every process. */
export async function makeCorpus(): Promise<Base[]> {
  return [...(await ownCorpus()), ...(await basesOf(vectors()))];
}

/** Files of our own alone, which take less time to make. */
export async function ownCorpus(): Promise<Base[]> {
  return await basesOf(await ownFiles());
}

/** At the same time: some derive for long, on other threads. */
async function basesOf(files: readonly File[]): Promise<Base[]> {
  return await Promise.all(files.map(baseOf));
}

/** What opening a file once may cost: NSS asks for so many. */
const mostIterations = 600_000;

interface File {
  name: string;
  password: string;
  bytes: Uint8Array;
}

async function ownFiles(): Promise<File[]> {
  const files: File[] = [];
  for (const profile of pfxProfiles) {
    for (const key of ['P-256', 'RSA-2048'] as const) {
      const { pkcs8, certificate } = material(key);
      const bytes = await writePfx({
        privateKey: new Secret(pkcs8),
        certificates: [certificate, issuerCertificate()],
        friendlyName: 'caEncryption_keyPair 7Q4F',
        password: Secret.fromText(passwords[0]),
        iterations: 1,
        profile,
      });
      files.push({ name: `${profile} ${key}`, password: passwords[0], bytes });
    }
  }
  return files;
}

function vectors(): File[] {
  const affordable = pfxVectors.filter(({ traits }) => traits.mostIterations <= mostIterations);
  return affordable.map((vector) => ({
    name: vector.file,
    password: vector.password,
    bytes: vectorBytes(vector),
  }));
}

async function baseOf({ name, password, bytes }: File): Promise<Base> {
  const tree = await anatomy(bytes, password);
  const found = await inspectPfx(encode(tree), Secret.fromText(password)).then(
    (inspection) => inspection.found,
    // Some kept files are there because nobody opens them.
    () => ({ keys: [], certificates: [] }),
  );
  const strictly = pfxProfiles.map((profile) =>
    readPfx(encode(tree), Secret.fromText(password), { profile }),
  );
  const privateKeys = found.keys.map(({ privateKey }) => privateKey.bytes());
  const certificates = found.certificates.map(({ raw }) => new Uint8Array(raw));
  const [privateKey, ...more] = privateKeys;
  const one = privateKey !== undefined && more.length === 0;
  return {
    name,
    password,
    tree,
    content: one ? fingerprint({ privateKey, certificates }) : undefined,
    strict: (await Promise.allSettled(strictly)).some(({ status }) => status === 'fulfilled'),
    privateKeys,
  };
}
