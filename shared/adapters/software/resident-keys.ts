import { sign } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { makeKeyPair, privateKeyObject } from '#crypto/key-pair.ts';
import { hashOfSignature, keyFor } from '#crypto/public-key.ts';
import { ProviderError, StateError } from '#domain/errors.ts';
import { type KeySpec, keySpecNames, type SignatureAlgorithm, signaturesOf } from '#domain/key-spec.ts';
import { errorNumber } from '#domain/plain-words.ts';
import { purposes } from '#domain/purpose.ts';
import type { Secret } from '#domain/secret.ts';
import type { ImportableKeys, KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { whileWanted } from '../call-limits.ts';
import { Turns } from '../files/turns.ts';
import { importedPublicKey } from '../imported-key.ts';
import { encodeKeyContext } from '../key-context.ts';
import { isKeyName } from '../key-name.ts';
import { syncFolder } from '../sync-folder.ts';
import { unwrapPrivateKey, wrapPrivateKey } from './aes-gcm-wrapping.ts';
import { translated } from './provider-errors.ts';
import { writeOnce } from './write-once.ts';

const signOffLoop = promisify(sign);
const recordSchema = v.strictObject({
  version: v.literal(1),
  name: v.string(),
  spec: v.picklist(keySpecNames),
  context: v.strictObject({
    organization: v.string(),
    enrollmentId: v.string(),
    purpose: v.picklist(purposes),
  }),
  wrapped: v.pipe(v.string(), v.base64()),
});
type KeyRecord = v.InferOutput<typeof recordSchema>;

export interface SoftwareResidentKeys {
  resident: ResidentKeys;
  importable: ImportableKeys;
}

/**
 * Keys that no method takes out, made here or imported: one file a key in the folder, the private half wrapped with the name, spec and context
 * that stand beside it as associated data. A name is never reused: `generate` leaves an existing key alone
 * (StateError `already-exists`), and what a crash left half-written, until it is discarded.
 * @param wrappingKey AES-256; throws once the provider is closed
 */
export function softwareResidentKeys(folder: string, wrappingKey: () => Secret): SoftwareResidentKeys {
  const pathOf = (name: string) => join(folder, `${name}.json`);
  const temporaryOf = (name: string) => join(folder, `${name}.tmp`);

  const keep = async (name: string, spec: KeySpec, context: KeyContext, privateKey: Secret) => {
    const record = { version: 1 as const, name, spec, context: { ...context }, wrapped: '' };
    const wrapped = wrapPrivateKey(wrappingKey(), privateKey, associatedBytes(record));
    const content = JSON.stringify({ ...record, wrapped: Buffer.from(wrapped).toString('base64') });
    if (!(await create(pathOf(name), temporaryOf(name), Buffer.from(content)))) {
      throw new StateError('already-exists', { why: 'a resident key of this name exists' });
    }
  };
  // What is under way on a name ends, and is undone if nobody wants it, before anything else is done on it.
  const turns = new Turns();
  const remove = (name: string) =>
    translated(async () => {
      if (!isKeyName(name)) return;
      await rm(pathOf(name), { force: true });
      await rm(temporaryOf(name), { force: true });
      await syncFolder(folder);
    });
  const make = (name: string, spec: KeySpec, context: KeyContext) =>
    translated(async () => {
      checkName(name);
      const { publicKey, privateKey } = await makeKeyPair(spec);
      await keep(name, spec, context, privateKey).finally(() => privateKey.erase());
      return publicKey;
    });
  const bringIn = (name: string, spec: KeySpec, privateKey: Secret, context: KeyContext) =>
    translated(async () => {
      checkName(name);
      const publicKey = importedPublicKey(privateKey, spec);
      await keep(name, spec, context, privateKey);
      return publicKey;
    });
  const sign = (name: string, algorithm: SignatureAlgorithm, message: Uint8Array) =>
    translated(async () => {
      const record = await readRecord(name, pathOf(name));
      checkAlgorithm(record, algorithm);
      const wrapped = Buffer.from(record.wrapped, 'base64');
      const privateKey = unwrapPrivateKey(wrappingKey(), wrapped, associatedBytes(record));
      const key = keyFor(algorithm, privateKeyObject(privateKey));
      privateKey.erase();
      return new Uint8Array(await signOffLoop(hashOfSignature[algorithm], message, key));
    });

  return {
    resident: {
      specs: keySpecNames,
      purposes,
      generate: (name, spec, context, options) =>
        whileWanted(
          options,
          () => make(name, spec, context),
          () => remove(name),
          (work) => turns.take(name, work),
        ),
      sign: (name, algorithm, message, options) => whileWanted(options, () => sign(name, algorithm, message)),
      discard: (name, options) => whileWanted(options, () => turns.take(name, () => remove(name))),
    },
    importable: {
      specs: keySpecNames,
      importKey: (name, spec, privateKey, context, options) =>
        whileWanted(
          options,
          () => bringIn(name, spec, privateKey, context),
          () => remove(name),
          (work) => turns.take(name, work),
        ),
    },
  };
}

function associatedBytes(record: KeyRecord): Uint8Array {
  return encodeKeyContext(`escrow software resident key ${record.spec} ${record.name}`, record.context);
}

function checkName(name: string): void {
  if (isKeyName(name)) return;
  throw new ProviderError('provider-incapable', {
    field: 'name',
    why: 'is no name for a key: letters, digits, dots, hyphens and underscores, at most 128',
  });
}

function checkAlgorithm(record: KeyRecord, algorithm: SignatureAlgorithm): void {
  if (signaturesOf(record.spec).includes(algorithm)) return;
  throw new ProviderError('provider-incapable', { why: `a key of spec ${record.spec} does not sign so` });
}

/** A temporary file of that name in the way is a half-made key: like a whole one, it must be discarded first. */
async function create(path: string, temporary: string, content: Uint8Array): Promise<boolean> {
  try {
    return await writeOnce(path, temporary, content);
  } catch (error) {
    if (errorNumber(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readRecord(name: string, path: string): Promise<KeyRecord> {
  if (!isKeyName(name)) throw new ProviderError('key-not-found');
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorNumber(error) === 'ENOENT') throw new ProviderError('key-not-found');
    throw error;
  });
  try {
    const record = v.parse(recordSchema, JSON.parse(content));
    if (record.name === name) return record;
  } catch (cause) {
    throw new ProviderError('wrapped-key-invalid', { why: 'the record of a resident key is damaged', cause });
  }
  throw new ProviderError('wrapped-key-invalid', { why: 'the record of a resident key is that of another' });
}
