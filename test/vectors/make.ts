// Makes the PFX vectors anew, all or those of some makers: node test/vectors/make.ts [MAKER...]
// README.md beside it says what it needs. Every file gets new keys, salts and so a new SHA-256.
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { bouncyCastle } from './pfx/make/bouncy-castle.ts';
import { crafted } from './pfx/make/crafted.ts';
import { gnutls } from './pfx/make/gnutls.ts';
import { java } from './pfx/make/java.ts';
import type { Maker } from './pfx/make/maker.ts';
import { makeMaterial } from './pfx/make/material.ts';
import { nss } from './pfx/make/nss.ts';
import { openssl } from './pfx/make/openssl.ts';
import { rfc9879 } from './pfx/make/rfc9879.ts';
import {
  type PfxVector,
  readVectorIndex,
  type VectorIndex,
  vectorFolder,
  vectorIndex,
} from './pfx/vector.ts';

const makers: Record<string, Maker> = {
  openssl,
  nss,
  gnutls,
  java,
  'bouncy-castle': bouncyCastle,
  crafted,
  rfc9879,
};

async function makeAll(names: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pfx-vectors-'));
  const home = process.cwd();
  process.chdir(folder);
  try {
    await makeMaterial();
    for (const name of names) await makeThoseOf(name);
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
}

/** Puts the files of one maker in the place of those that the index lists, and writes the index. */
async function makeThoseOf(name: string): Promise<void> {
  const maker = makers[name];
  if (maker === undefined)
    throw new TypeError(`There is no maker ${name}, but ${Object.keys(makers).join(', ')}`);
  const made = (await maker.make()).map(async (facts): Promise<PfxVector> => {
    const bytes = await readFile(facts.file);
    return { ...facts, maker: name, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  const vectors = await Promise.all(made);
  const index = readVectorIndex();
  for (const { file } of index.vectors.filter((vector) => vector.maker === name))
    await unlink(inFolder(file));
  for (const { file } of vectors) await copyFile(file, inFolder(file));
  const { program, version } = maker;
  await writeIndex({
    makers: { ...index.makers, [name]: { program, version: await version() } },
    vectors: [...index.vectors.filter((vector) => vector.maker !== name), ...vectors],
  });
  console.log(`${name}: ${vectors.length} files`);
}

const inFolder = (file: string) => new URL(file, vectorFolder);

/** Writes the index, in the order of its files. @throws ValiError if it does not hold to its schema */
async function writeIndex({ makers, vectors }: VectorIndex): Promise<void> {
  const inOrder = vectors.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const index = v.parse(vectorIndex, { makers, vectors: inOrder });
  await writeFile(inFolder('index.json'), `${JSON.stringify(index, null, 2)}\n`);
}

const [, , ...wanted] = process.argv;
await makeAll(wanted.length > 0 ? wanted : Object.keys(makers));
