import { makeKeyPair } from '#crypto/key-pair.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { ExportableKeys } from '#ports/key-provider.ts';
import { attempt, firstThatWorks, type Way } from './attempt.ts';
import type { TokenCapabilities } from './capabilities.ts';
import type { Cryptoki } from './cryptoki.ts';
import { EphemeralRsaKey } from './ephemeral-rsa-key.ts';
import { type ExportWay, exportWays } from './export-ways.ts';
import { tokenExportableKeys } from './exportable-keys.ts';
import { bringIn, type ImportMeans } from './importable-keys.ts';
import { keyWrapName } from './key-wrap.ts';
import { destroyObjects, type TokenSession } from './operations.ts';
import type { SessionPool } from './session-pool.ts';
import { ThrowAwayKeys } from './throw-away-keys.ts';
import { ensureTokenKey, tokenKeyKinds } from './token-keys.ts';
import type { TokenSigner } from './token-signer.ts';

/** A capability in the first way that worked when it was tried; without one, what is missing, a sentence each. */
export interface Tried<T> {
  found?: T;
  missing: readonly string[];
}

/** That there is no way at all is told by the capabilities, and not again here. */
async function tryWays<T>(what: string, ways: readonly Way<T>[]): Promise<Tried<T>> {
  const tried = await firstThatWorks(ways);
  if ('value' in tried) return { found: tried.value, missing: [] };
  const { failures } = tried;
  return { missing: failures.length === 0 ? [] : [`${what}: tried, and failed: ${failures.join('; ')}`] };
}

export interface ExportSettings {
  cryptoki: Cryptoki;
  pool: SessionPool;
  capabilities: TokenCapabilities;
}

/** The export capability in the first way of the ladder in which a throw-away key goes to rest and comes out. */
export async function findExportableKeys(settings: ExportSettings): Promise<Tried<ExportableKeys>> {
  const { cryptoki, pool, capabilities } = settings;
  const ways = exportWays(capabilities);
  if (ways.length === 0) return { missing: [] };
  const [custodyKey, bindingKey] = await pool.use(async (session) => {
    const token = { cryptoki, session };
    return [
      await ensureTokenKey(token, tokenKeyKinds.custody),
      await ensureTokenKey(token, tokenKeyKinds.binding),
    ] as const;
  });
  const { specs } = capabilities;
  const trialKey = new EphemeralRsaKey({ bits: trialBits(specs) });
  const keysBy = async (exportWay: ExportWay) => {
    const common = { cryptoki, pool, specs, exportWay, custodyKey, bindingKey };
    await tryExport(tokenExportableKeys({ ...common, ephemeralKey: trialKey }));
    return tokenExportableKeys({ ...common, ephemeralKey: new EphemeralRsaKey() });
  };
  return tryWays(
    'exportable keys',
    ways.map((way) => ({ words: way.words, work: () => keysBy(way) })),
  );
}

/**
 * To make an RSA-3072 key takes longer than all else at the opening of a token. One that makes RSA keys of both sizes takes
 * both as public keys too, and is tried by the smaller.
 */
function trialBits(specs: readonly KeySpec[]): 2_048 | 3_072 {
  return specs.includes('RSA_2048') && specs.includes('RSA_3072') ? 2_048 : 3_072;
}

async function tryExport(keys: ExportableKeys): Promise<void> {
  const context = { organization: '', enrollmentId: 'probe', purpose: 'encryption' } as const;
  const made = await keys.generate('ECC_NIST_P256', context);
  made.privateKey.erase();
  const again = await keys.unwrap(made.wrapped, context);
  again.erase();
}

/**
 * Whether an EC key for encryption may sign its own request; some tokens refuse CKA_SIGN together with CKA_DERIVE. Of RSA
 * keys, which take long to make, only a probe tells.
 * @returns what is missing, a sentence each
 */
export async function lackOfEncryptionKeys(token: TokenSession, signer: TokenSigner): Promise<string[]> {
  const keys = new ThrowAwayKeys(token);
  try {
    const tried = await attempt(async () => {
      const pair = await keys.pair('ECC_NIST_P256', 'encryption', true);
      const key = { handle: pair.privateKey, publicKey: () => pair.publicKeyInfo };
      await signer.prove(token, 'ECDSA_SHA256', key);
    });
    return tried.works ? [] : [`resident EC keys for encryption: tried, and failed: ${tried.why}`];
  } finally {
    keys.destroy();
  }
}

/** How keys come in: the first way in which a throw-away key does, and works there. */
export async function findImportMeans(
  token: TokenSession,
  { keyWraps }: TokenCapabilities,
  signer: TokenSigner,
): Promise<Tried<ImportMeans>> {
  if (keyWraps.length === 0) return { missing: [] };
  const pair = await makeKeyPair('ECC_NIST_P256');
  const key = { spec: 'ECC_NIST_P256', ...pair } as const;
  try {
    return await tryWays(
      'imported keys',
      keyWraps.map((keyWrap) => ({
        words: `a transport key brought into the token, and ${keyWrapName(keyWrap)}`,
        work: async () => {
          const brought = await bringIn(token, { keyWrap, signer }, key, {
            purpose: 'identity',
            resident: true,
          });
          destroyObjects(token, [brought.privateKey, brought.publicKey]);
          return { keyWrap, signer };
        },
      })),
    );
  } finally {
    pair.privateKey.erase();
  }
}
